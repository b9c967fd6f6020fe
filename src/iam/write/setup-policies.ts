/**
 * Writes the least-privilege policies for both sides of a connection: trust, permissions, bucket and key policy for the
 * customer, and the identity policy of our own base role. Documents only; the set-up kit wraps them in files, and the
 * narrower session policy stands in `session-policy.ts`. A deny of unencrypted transport is the customer's own choice
 * for the whole bucket and therefore not written here.
 */
import { type Grant, grantsOf } from './grants.ts'
import {
  accountOf,
  bucketArn,
  literalPattern,
  objectsPattern,
  partitionOf,
  providerPrefix,
  type SetupModel,
  viaS3,
  type WebIdentity,
} from './model.ts'

/** A statement as JSON, in the order in which people read it. */
export interface StatementDocument {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: { readonly AWS: string } | { readonly Federated: string }
  readonly Action: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

/** A policy as JSON. */
export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly StatementDocument[]
}

/** The policies of one connection, for both sides. */
export interface SetupPolicies {
  /** The role's trust policy. */
  readonly trust: PolicyDocument
  /** The role's permissions policy. */
  readonly permissions: PolicyDocument
  /** What the bucket policy must contain when the bucket is in another account than the role, or denies by default. */
  readonly bucket: PolicyDocument
  /** The key policy: the usual delegation to the key's account, and the statement to add. Null without a key. */
  readonly key: PolicyDocument | null
  /** The identity policy of our own principal; without statements where an ID token makes one needless. */
  readonly base: PolicyDocument
}

/** Wraps statements in a document. */
export function documentOf(statements: readonly StatementDocument[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}

/** One value stays a string, several become a list: the form in which administrators write policies. */
export function oneOrMany(values: readonly string[]): string | readonly string[] {
  const [first] = values
  return values.length === 1 && first !== undefined ? first : values
}

/**
 * Writes all policies of one connection.
 *
 * The External ID stands on `sts:AssumeRole` alone, because it is a context key of that action only; tags and source
 * identity have statements of their own.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export function writeSetupPolicies(model: SetupModel): SetupPolicies {
  const grants = grantsOf(model)
  return {
    trust: documentOf(trustStatements(model)),
    permissions: documentOf([...storageStatements(model, grants), ...keyUseStatements(model, grants)]),
    bucket: documentOf(
      storageStatements(model, grants).map(({ Sid, Effect, ...rest }) => ({
        Sid,
        Effect,
        Principal: { AWS: model.roleArn },
        ...rest,
      })),
    ),
    key: model.kmsKeyArn === null ? null : documentOf(keyPolicyStatements(model.kmsKeyArn, model.roleArn, grants)),
    base: documentOf(model.webIdentity === undefined ? [baseStatement(model)] : []),
  }
}

function trustStatements(model: SetupModel): StatementDocument[] {
  const principal = model.vendorPrincipalArn
  if (model.webIdentity !== undefined) return webIdentityStatements(model.webIdentity, model)
  return [
    assumeRoleStatement(principal, model.externalId),
    ...(model.sessionTagKeys.length === 0 ? [] : [tagSessionStatement(principal, model.sessionTagKeys)]),
    ...(model.sourceIdentity ? [sourceIdentityStatement(principal)] : []),
  ]
}

/**
 * The trust statements for ID tokens. There is no External ID: audience and subject are what keeps tokens of others, and tokens
 * of ours for other customers, from opening the role, and each statement compares both.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
 */
export function webIdentityStatements(
  { providerArn, audience, subject }: WebIdentity,
  sent: Pick<SetupModel, 'sessionTagKeys' | 'sourceIdentity'>,
): StatementDocument[] {
  const prefix = providerPrefix(providerArn)
  const Principal = { Federated: providerArn }
  const StringEquals = { [`${prefix}:aud`]: audience, [`${prefix}:sub`]: subject }
  const statement = (Sid: string, action: string): StatementDocument => {
    return { Sid, Effect: 'Allow', Principal, Action: action, Condition: { StringEquals } }
  }
  const tagged = {
    ...statement('DrawbridgeTagSession', 'sts:TagSession'),
    Condition: {
      StringEquals,
      'ForAllValues:StringEquals': { 'aws:TagKeys': oneOrMany(sent.sessionTagKeys) },
      Null: { 'aws:TagKeys': 'false' },
    },
  }
  return [
    statement('DrawbridgeAssumeRole', 'sts:AssumeRoleWithWebIdentity'),
    ...(sent.sessionTagKeys.length === 0 ? [] : [tagged]),
    ...(sent.sourceIdentity ? [statement('DrawbridgeSetSourceIdentity', 'sts:SetSourceIdentity')] : []),
  ]
}

/** The trust statement that lets one principal assume the role, with the External ID when there is one. */
export function assumeRoleStatement(principalArn: string, externalId: string | null): StatementDocument {
  return {
    Sid: 'DrawbridgeAssumeRole',
    Effect: 'Allow',
    Principal: { AWS: principalArn },
    Action: 'sts:AssumeRole',
    ...(externalId === null ? {} : { Condition: { StringEquals: { 'sts:ExternalId': externalId } } }),
  }
}

/**
 * The trust statement that lets one principal pass the named session tags and no others. `ForAllValues` is also true
 * for a request without tags, hence the `Null` beside it.
 */
export function tagSessionStatement(principalArn: string, tagKeys: readonly string[]): StatementDocument {
  return {
    Sid: 'DrawbridgeTagSession',
    Effect: 'Allow',
    Principal: { AWS: principalArn },
    Action: 'sts:TagSession',
    Condition: {
      'ForAllValues:StringEquals': { 'aws:TagKeys': oneOrMany(tagKeys) },
      Null: { 'aws:TagKeys': 'false' },
    },
  }
}

/** The trust statement that lets one principal name the person behind a session. */
export function sourceIdentityStatement(principalArn: string): StatementDocument {
  return {
    Sid: 'DrawbridgeSetSourceIdentity',
    Effect: 'Allow',
    Principal: { AWS: principalArn },
    Action: 'sts:SetSourceIdentity',
  }
}

/** Statements for bucket and objects. Only `s3:ListBucket` knows the key `s3:prefix`, so it stands alone under a path. */
export function storageStatements(model: SetupModel, grants: readonly Grant[]): StatementDocument[] {
  const bucket = bucketArn(model)
  const actionsOn = (place: Grant['on']): string[] => grants.filter((one) => one.on === place).map((one) => one.action)
  const isNarrowed = model.rootPath !== '' && actionsOn('bucket').includes('s3:ListBucket')
  const plain = actionsOn('bucket').filter((action) => !isNarrowed || action !== 's3:ListBucket')
  const listing: StatementDocument = {
    Sid: 'DrawbridgeListRootPath',
    Effect: 'Allow',
    Action: 's3:ListBucket',
    Resource: bucket,
    Condition: { StringLike: { 's3:prefix': `${literalPattern(model.rootPath)}*` } },
  }
  return [
    ...(isNarrowed ? [listing] : []),
    ...statement('DrawbridgeBucket', plain, bucket),
    ...statement('DrawbridgeObjects', actionsOn('object'), objectsPattern(model)),
  ]
}

function statement(sid: string, actions: readonly string[], resource: string): StatementDocument[] {
  return actions.length === 0 ? [] : [{ Sid: sid, Effect: 'Allow', Action: oneOrMany(actions), Resource: resource }]
}

/** The identity-side statement for the key, usable through S3 alone. Empty without a key. */
export function keyUseStatements(model: SetupModel, grants: readonly Grant[]): StatementDocument[] {
  const actions = grants.filter((grant) => grant.on === 'key').map((grant) => grant.action)
  if (model.kmsKeyArn === null || actions.length === 0) return []
  return [keyUseStatement(model.kmsKeyArn, actions)]
}

/** Lets the holder use one key through S3. */
export function keyUseStatement(keyArn: string, actions: readonly string[]): StatementDocument {
  return {
    Sid: 'DrawbridgeKeyThroughS3',
    Effect: 'Allow',
    Action: oneOrMany(actions),
    Resource: keyArn,
    Condition: { StringEquals: { 'kms:ViaService': oneOrMany(viaS3(keyArn)) } },
  }
}

/** The key policy's statement for the role. `Resource: "*"` in a key policy means this key, and must be written so. */
export function keyPolicyStatement(keyArn: string, roleArn: string, actions: readonly string[]): StatementDocument {
  const { Sid, Effect, Action, Condition } = keyUseStatement(keyArn, actions)
  return { Sid, Effect, Principal: { AWS: roleArn }, Action, Resource: '*', ...(Condition && { Condition }) }
}

function keyPolicyStatements(keyArn: string, roleArn: string, grants: readonly Grant[]): StatementDocument[] {
  const actions = grants.filter((grant) => grant.on === 'key').map((grant) => grant.action)
  const delegation: StatementDocument = {
    Sid: 'KeyAccountDelegation',
    Effect: 'Allow',
    Principal: { AWS: `arn:${partitionOf(keyArn)}:iam::${accountOf(keyArn)}:root` },
    Action: 'kms:*',
    Resource: '*',
  }
  return [delegation, keyPolicyStatement(keyArn, roleArn, actions)]
}

/** Our own principal's statement: this role and no other. */
function baseStatement(model: SetupModel): StatementDocument {
  const actions = [
    'sts:AssumeRole',
    ...(model.sessionTagKeys.length === 0 ? [] : ['sts:TagSession']),
    ...(model.sourceIdentity ? ['sts:SetSourceIdentity'] : []),
  ]
  return { Sid: 'DrawbridgeAssumeCustomerRole', Effect: 'Allow', Action: oneOrMany(actions), Resource: model.roleArn }
}
