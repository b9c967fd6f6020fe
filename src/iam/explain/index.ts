/** Explanations of API calls: as data, and as text for a terminal. */
export type {
  CallExplanation,
  ElementExplanation,
  NearMiss,
  PartExplanation,
  PolicyExplanation,
  PolicyPlace,
  StatementExplanation,
} from './call-explanation.ts'
export { explainCall } from './explain-call.ts'
export { renderExplanation } from './render-explanation.ts'
