/** The reference model of the policy language: what the engine is compared with. */

export { evaluateSlowly, jsonOf } from './judge.ts'
export { decideSlowly, type JsonPolicies, type JsonPolicy, type ReferenceAnswer } from './reference.ts'
