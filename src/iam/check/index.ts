/** Checks policies and says what is wrong, risky or needless in them. Carries the table of actions; the evaluator does not. */
export { checkPolicy } from './check-policy.ts'
export type { CheckOptions, Finding, PolicyKind } from './finding.ts'
export type { FindingId, Severity } from './finding-table.ts'
