/** The policy language: read, evaluate, explain. Pure: no I/O, no clock, no process; runs in a browser. */

// Checking carries the table of actions. Nothing else reaches for it, so bundles of those who only evaluate drop it.
export {
  type CheckOptions,
  checkPolicy,
  type Finding,
  type FindingId,
  type PolicyKind,
  type Severity,
} from './check/index.ts'
// Comparing two versions of policies.
export {
  type ChangeCause,
  comparePolicySets,
  diffPolicySets,
  type ElementChange,
  type PolicyChange,
  type StatementChange,
  type VerdictChange,
  type VerdictSide,
} from './compare/index.ts'
export { decide, evaluate, isPublicPolicy } from './evaluate/index.ts'
// What texts about evaluations are made of.
export { describeFailure, describeMatch, listValues } from './explain/condition-text.ts'
// Explaining calls.
export {
  type CallExplanation,
  type ElementExplanation,
  explainCall,
  type NearMiss,
  type PartExplanation,
  type PolicyExplanation,
  type PolicyPlace,
  type StatementExplanation,
} from './explain/index.ts'
export { grantLines, nameStatement, policyTypeName, statementLabel } from './explain/reason.ts'
// Calls, writing and repair.
export {
  type ApiCall,
  type AssumeRoleCall,
  type BucketCall,
  type ChainPolicies,
  decideCall,
  type Encryption,
  type GetObjectCall,
  type Link,
  type ObjectCall,
  type PutObjectCall,
  requestsOf,
  type SessionCall,
  type SessionFacts,
  type Verdict,
  type VerdictPart,
} from './operations/index.ts'
export {
  type ElementPosition,
  escapeCharacter,
  findLineStarts,
  type LocatedPolicy,
  lineOf,
  type PositionIndex,
  parsePolicy,
  parsePolicyText,
  readGrants,
  readJsonWithPositions,
  type TextSpan,
} from './read/index.ts'
export {
  applyPatch,
  diffPolicies,
  type OwnChange,
  type OwnSettings,
  type PatchOperation,
  type PolicyName,
  type PolicyPatch,
  type RepairProposal,
  repairCall,
  type TagChange,
} from './repair/index.ts'
export type {
  AccessRequest,
  Condition,
  ConditionOutcome,
  Decision,
  Effect,
  Evaluation,
  EvaluationSettings,
  GrantOutcome,
  KmsGrant,
  KmsGrantConstraints,
  NamedPolicy,
  Policy,
  PolicyProblem,
  PolicySet,
  PolicyType,
  PrincipalElement,
  Statement,
  StatementOutcome,
} from './types.ts'
export {
  type ActionFact,
  allowedActions,
  forbiddenActions,
  type PolicyDocument,
  policyText,
  providerPrefix,
  type SetupModel,
  type SetupPolicies,
  type StatementDocument,
  sessionPolicyLimit,
  type WebIdentity,
  writeSessionPolicy,
  writeSetupPolicies,
} from './write/index.ts'
