/** Cases and calls of the policy language, kept as data: reading them and saying what came of them. Pure, as `iam` is. */
export type { CaseOutcome } from './evaluate-case.ts'
export { evaluateCase } from './evaluate-case.ts'
export { type CallExpectation, type CallFile, readCallFile } from './read-call-file.ts'
