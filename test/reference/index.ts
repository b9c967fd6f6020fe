/** The reference model of the policy language: what the engine is compared with. */

export type { ListedGrant } from './grant.ts'
export { evaluateSlowly, jsonOf } from './judge.ts'
export { decideSlowly, type JsonPolicies, type JsonPolicy, type ReferenceAnswer } from './reference.ts'
