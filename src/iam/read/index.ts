/** Reading policies. */
export { parsePolicy } from './parse-policy.ts'
