/** The policy language: read, evaluate, explain. Pure: no I/O, no clock, no process; runs in a browser. */

export type { CaseOutcome } from './cases/index.ts'
export { evaluateCase } from './cases/index.ts'
export { decide, evaluate, isPublicPolicy } from './evaluate/index.ts'
export { policyTypeName } from './explain/reason.ts'
export { renderEvaluation } from './explain/render-evaluation.ts'
export { parsePolicy } from './read/index.ts'
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
