/** Writes the least-privilege policies for both sides of a connection, and says what they allow and forbid. */
export { type ActionFact, allowedActions, forbiddenActions, type Grant, grantsOf } from './grants.ts'
export { accountOf, bucketArn, literalPattern, objectsPattern, partitionOf, type SetupModel, viaS3 } from './model.ts'
export { sessionPolicyLimit, writeSessionPolicy } from './session-policy.ts'
export {
  assumeRoleStatement,
  documentOf,
  keyPolicyStatement,
  keyUseStatement,
  oneOrMany,
  type PolicyDocument,
  type SetupPolicies,
  type StatementDocument,
  sourceIdentityStatement,
  tagSessionStatement,
  writeSetupPolicies,
} from './setup-policies.ts'
