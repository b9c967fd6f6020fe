/** Running cases and reading calls kept as data. */
export type { CaseOutcome } from './evaluate-case.ts'
export { evaluateCase } from './evaluate-case.ts'
export { type CallExpectation, type CallFile, readCallFile } from './read-call-file.ts'
