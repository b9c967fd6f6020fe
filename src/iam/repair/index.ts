/** Repairs of refused calls: proposals with patches and diffs, each tried with the evaluator. */
export { diffPolicies } from './diff.ts'
export { applyPatch, type PatchOperation } from './patch.ts'
export type { OwnChange, OwnSettings, PolicyName, PolicyPatch, RepairProposal, TagChange } from './proposal.ts'
export { repairCall } from './repair-call.ts'
