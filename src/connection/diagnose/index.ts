/** From evidence to cause: an error text, a failing connection, or the policies themselves. */
export { diagnoseLive } from './diagnose-live.ts'
export { diagnosePolicies } from './diagnose-policies.ts'
export { diagnoseText } from './diagnose-text.ts'
export { fetchPolicies } from './fetch.ts'
