/** Explanations of API calls, as data. */
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
