/** The policy language: read, evaluate, explain. Pure: no I/O, no clock, no process; runs in a browser. */

export { decide, evaluate } from './evaluate/evaluate.ts'
export { isPublicPolicy } from './evaluate/public-policy.ts'
export { policyTypeName } from './explain/reason.ts'
export { renderEvaluation } from './explain/render-evaluation.ts'
export { parsePolicy } from './read/parse-policy.ts'
export type {
  AccessRequest,
  Condition,
  ConditionOutcome,
  Decision,
  Effect,
  Evaluation,
  EvaluationSettings,
  NamedPolicy,
  Policy,
  PolicyProblem,
  PolicySet,
  PolicyType,
  PrincipalElement,
  Statement,
  StatementOutcome,
} from './types.ts'
