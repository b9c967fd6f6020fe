/** Two versions of a chain's policies side by side: which calls change, and through what. */
export { type ChangeCause, comparePolicySets, type VerdictChange, type VerdictSide } from './compare-policy-sets.ts'
export { diffPolicySets, type PolicyChange, type StatementChange } from './policy-changes.ts'
export type { ElementChange } from './statement-values.ts'
