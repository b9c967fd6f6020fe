/** Writes the least-privilege policies for both sides of a connection, and says what they allow and forbid. */
export { type ActionFact, allowedActions, forbiddenActions } from './grants.ts'
export {
  accountOf,
  literalPattern,
  partitionOf,
  providerPrefix,
  type SetupModel,
  viaS3,
  type WebIdentity,
} from './model.ts'
export { policyText } from './policy-text.ts'
export { sessionPolicyLimit, writeSessionPolicy } from './session-policy.ts'
export {
  assumeRoleStatement,
  keyPolicyStatement,
  keyUseStatement,
  type PolicyDocument,
  type SetupPolicies,
  type StatementDocument,
  sourceIdentityStatement,
  tagSessionStatement,
  webIdentityStatements,
  writeSetupPolicies,
} from './setup-policies.ts'
