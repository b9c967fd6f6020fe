/** Evaluating requests. */
export { decide, evaluate } from './evaluate.ts'
export { isPublicPolicy } from './public-policy.ts'
