/** The API calls that a connection's job consists of, as the evaluator takes them. The same for diagnosis and for repairs. */
import type { Connection } from '../../contract/index.ts'
import type { ApiCall, AssumeRoleCall, SessionFacts } from '../../iam/index.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { bucketOf, isS3, setupModelOf } from '../model/setup-model.ts'
import { roleOf } from '../open/session-need.ts'

/** Whom the calls come from. */
export interface CallSurroundings {
  /** ARN of our own session or user. */
  readonly callerArn: string
  readonly principalArn: string
  /** The address that AWS sees; null when it is not known. */
  readonly sourceIp: string | null
  /** Key of the bucket's default encryption, as far as known. */
  readonly bucketKeyArn: string | null
  /** True: the bucket uses S3 Bucket Keys. */
  readonly usesBucketKeys?: boolean
  /** Context keys that were really seen: `aws:SourceVpce`. */
  readonly context?: Readonly<Record<string, string>>
}

/** The AssumeRole that opens the connection. */
export function assumeRoleCall(
  connection: Connection,
  identity: SessionIdentity,
  around: CallSurroundings,
): AssumeRoleCall {
  const role = roleOf(connection)
  const { webIdentity } = setupModelOf(connection, around.principalArn)
  return {
    operation: 'sts:AssumeRole',
    caller: around.callerArn,
    callerPrincipalArn: around.principalArn,
    roleArn: role.roleArn,
    externalId: role.externalId,
    ...(webIdentity === undefined ? {} : { webIdentity }),
    tags: identity.tags,
    sourceIdentity: role.webIdentity?.tokens === 'file' ? null : identity.sourceIdentity,
    sessionName: identity.sessionName,
    region: role.stsRegion,
    sourceIp: around.sourceIp,
    context: around.context ?? {},
  }
}

/** ARN of the session that AssumeRole would give. */
export function sessionArnOf(roleArn: string, sessionName: string): string {
  const [, partition, , , account, resource = ''] = roleArn.split(':')
  return `arn:${partition}:sts::${account}:assumed-role/${resource.split('/').at(-1)}/${sessionName}`
}

function sessionFacts(connection: Connection, identity: SessionIdentity, around: CallSurroundings): SessionFacts {
  if (!isS3(connection)) throw new TypeError('only a connection to a bucket has API calls of S3')
  const { roleArn } = roleOf(connection)
  return {
    session: sessionArnOf(roleArn, identity.sessionName),
    roleArn,
    tags: identity.tags,
    sourceIdentity: identity.sourceIdentity,
    region: connection.location.region,
    sourceIp: around.sourceIp,
    context: around.context ?? {},
  }
}

/**
 * Calls that a good repair leaves refused: AssumeRole without our External ID or with another, what the purpose must not do,
 * and what lies beside the root path.
 */
export function forbiddenCalls(connection: Connection, identity: SessionIdentity, around: CallSurroundings): ApiCall[] {
  if (!isS3(connection)) throw new TypeError('only a connection to a bucket has API calls of S3')
  const { location, purpose } = connection
  const assume = assumeRoleCall(connection, identity, around)
  const facts = sessionFacts(connection, identity, around)
  const bucket = { bucket: bucketOf(connection), bucketOwner: location.bucketOwner }
  const inside = `${location.rootPath}.drawbridge/probe.json`
  const put = (key: string): ApiCall => ({
    ...facts,
    ...bucket,
    operation: 's3:PutObject',
    key,
    acl: 'none',
    encryption: { kind: 'bucket-default' },
    bucketKeyArn: around.bucketKeyArn,
    usesBucketKeys: around.usesBucketKeys ?? false,
    multipart: false,
  })
  const get: ApiCall = {
    ...facts,
    ...bucket,
    operation: 's3:GetObject',
    key: inside,
    bucketKeyArn: around.bucketKeyArn,
    usesBucketKeys: around.usesBucketKeys ?? false,
  }
  const { webIdentity } = assume
  return [
    ...(webIdentity === undefined
      ? []
      : [
          { ...assume, webIdentity: { ...webIdentity, subject: `${webIdentity.subject}-of-another` } },
          { ...assume, webIdentity: { ...webIdentity, audience: `${webIdentity.audience}-of-another` } },
        ]),
    ...(assume.externalId === null
      ? []
      : [
          { ...assume, externalId: null },
          { ...assume, externalId: `${assume.externalId}-of-another` },
        ]),
    ...(location.rootPath === '' ? [] : [put('drawbridge-outside/probe.json')]),
    ...(purpose === 'source' ? [put(inside)] : []),
    ...(purpose === 'export' ? [get] : []),
    ...(purpose === 'enrichment' ? [] : [{ ...facts, ...bucket, operation: 's3:DeleteObject' as const, key: inside }]),
  ]
}

/** What the job does once it is in, in the order in which it does it: per purpose, and nothing that it does not do. */
export function jobCalls(connection: Connection, identity: SessionIdentity, around: CallSurroundings): ApiCall[] {
  if (!isS3(connection)) throw new TypeError('only a connection to a bucket has API calls of S3')
  const { location, writing, purpose } = connection
  const facts = sessionFacts(connection, identity, around)
  const bucket = { bucket: bucketOf(connection), bucketOwner: location.bucketOwner }
  const key = `${location.rootPath}.drawbridge/probe.json`
  const put = (multipart: boolean): ApiCall => ({
    ...facts,
    ...bucket,
    operation: 's3:PutObject',
    key,
    acl: writing.acl,
    encryption: writing.encryption,
    bucketKeyArn: around.bucketKeyArn,
    usesBucketKeys: around.usesBucketKeys ?? false,
    multipart,
    ...settingsOf(writing),
  })
  const usedKey = writing.encryption.kind === 'sse-kms' ? writing.encryption.keyArn : around.bucketKeyArn
  const list: ApiCall = { ...facts, ...bucket, operation: 's3:ListObjectsV2', prefix: location.rootPath }
  const get: ApiCall = {
    ...facts,
    ...bucket,
    operation: 's3:GetObject',
    key,
    bucketKeyArn: usedKey,
    usesBucketKeys: around.usesBucketKeys ?? false,
  }
  const resume: ApiCall[] = [
    put(true),
    { ...facts, ...bucket, operation: 's3:ListParts', key },
    { ...facts, ...bucket, operation: 's3:AbortMultipartUpload', key },
  ]
  if (purpose === 'source') return [list, get]
  if (purpose === 'export') return [put(false), ...(writing.resume ? resume : [])]
  const remove: ApiCall = { ...facts, ...bucket, operation: 's3:DeleteObject', key }
  return [list, put(false), ...(writing.resume ? resume : []), get, remove]
}

function settingsOf({ objects }: Connection['writing']) {
  const { tags, retention, legalHold, storageClass } = objects ?? {}
  return {
    ...(tags === undefined ? {} : { objectTags: tags }),
    ...(retention === undefined ? {} : { retention }),
    ...(legalHold === undefined ? {} : { legalHold }),
    ...(storageClass === undefined ? {} : { storageClass }),
  }
}
