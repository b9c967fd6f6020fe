/** Running cases kept as data. */
export type { CaseOutcome } from './evaluate-case.ts'
export { evaluateCase } from './evaluate-case.ts'
