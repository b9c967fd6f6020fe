/** What the policy language found, as plain text for a terminal. Pure, as `iam` is; pages draw the same data their own way. */
export { renderComparison } from './render-comparison.ts'
export { renderEvaluation } from './render-evaluation.ts'
export { renderExplanation } from './render-explanation.ts'
export { renderFindings } from './render-findings.ts'
export { underline } from './underline.ts'
