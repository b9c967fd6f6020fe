/**
 * Which actions each purpose needs, where, and why; and which it must not have. The one table from which the role's
 * permissions, the bucket policy, the key policy and the session policy are all written, so that they cannot disagree.
 */
import { accountOf, bucketArn, partitionOf, type SetupModel } from './model.ts'

type Place = 'bucket' | 'object' | 'key'

/** One action that a purpose needs. */
export interface Grant {
  readonly action: string
  readonly on: Place
  readonly why: string
}

/** One action on one resource, with the reason why it is, or is not, granted. */
export interface ActionFact {
  readonly action: string
  /** ARN; a trailing `*` stands for any rest of the key. Characters in it are otherwise literal. */
  readonly resource: string
  readonly why: string
}

const list: Grant = { action: 's3:ListBucket', on: 'bucket', why: 'list objects, so that files can be found' }
const locate: Grant = { action: 's3:GetBucketLocation', on: 'bucket', why: 'learn the Region of the bucket' }
const listUploads: Grant = {
  action: 's3:ListBucketMultipartUploads',
  on: 'bucket',
  why: 'see multipart uploads in progress',
}
const read: Grant = { action: 's3:GetObject', on: 'object', why: 'read objects' }
const write: Grant = { action: 's3:PutObject', on: 'object', why: 'write objects' }
const remove: Grant = { action: 's3:DeleteObject', on: 'object', why: 'remove objects that were superseded' }
const listParts: Grant = {
  action: 's3:ListMultipartUploadParts',
  on: 'object',
  why: 'learn which parts of an upload arrived, to resume it',
}
const abort: Grant = { action: 's3:AbortMultipartUpload', on: 'object', why: 'clean up an upload that was given up' }
const writeAcl: Grant = {
  action: 's3:PutObjectAcl',
  on: 'object',
  why: 'send the ACL `bucket-owner-full-control` with an object',
}
const writeTags: Grant = { action: 's3:PutObjectTagging', on: 'object', why: 'send tags with an object' }
const writeRetention: Grant = {
  action: 's3:PutObjectRetention',
  on: 'object',
  why: 'send with an object how long it is kept',
}
const writeLegalHold: Grant = {
  action: 's3:PutObjectLegalHold',
  on: 'object',
  why: 'send a legal hold with an object',
}
const decrypt: Grant = {
  action: 'kms:Decrypt',
  on: 'key',
  why: 'read objects, and finish multipart uploads, under the key',
}
const dataKey: Grant = { action: 'kms:GenerateDataKey', on: 'key', why: 'write objects under the key' }

/**
 * The actions that a purpose needs, bucket first, then objects, then key.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html for the rights of multipart uploads
 */
export function grantsOf(model: SetupModel): readonly Grant[] {
  return [...bucketGrants(model), ...objectGrants(model), ...(model.kmsKeyArn === null ? [] : keyGrants(model))]
}

function bucketGrants({ purpose, resume }: SetupModel): Grant[] {
  if (purpose !== 'export') return [list, locate, listUploads]
  return resume ? [listUploads] : []
}

function objectGrants(model: SetupModel): Grant[] {
  const { purpose, acl, resume } = model
  if (purpose === 'source') return [read]
  const own = purpose === 'enrichment' ? [read, write, remove] : [write]
  const multipart = purpose === 'enrichment' || resume ? [listParts, abort] : []
  const said = [
    ...(acl ? [writeAcl] : []),
    ...(model.tags === true ? [writeTags] : []),
    ...(model.retention === true ? [writeRetention] : []),
    ...(model.legalHold === true ? [writeLegalHold] : []),
  ]
  return [...own, ...said, ...multipart]
}

function keyGrants({ purpose, resume }: SetupModel): Grant[] {
  if (purpose === 'source') return [decrypt]
  return purpose === 'enrichment' || resume ? [dataKey, decrypt] : [dataKey]
}

/** Lists what the written policies allow, one action and resource each, with the reason. */
export function allowedActions(model: SetupModel): readonly ActionFact[] {
  const places: Record<Place, string> = {
    bucket: bucketArn(model),
    object: `${bucketArn(model)}/${model.rootPath}*`,
    key: model.kmsKeyArn ?? '',
  }
  return grantsOf(model).map((grant) => ({ action: grant.action, resource: places[grant.on], why: grant.why }))
}

const deliberatelyNot: readonly Grant[] = [
  { ...list, why: 'an export does not look at what else is in the bucket' },
  { ...read, why: 'an export does not read back' },
  { ...write, why: 'a source is only read' },
  { ...remove, why: 'nothing that was delivered, and nothing of a source, is deleted' },
  { ...writeAcl, why: 'no ACL is sent' },
  { ...listParts, why: 'uploads are not resumed' },
  { ...abort, why: 'uploads of others must not be aborted' },
  { ...dataKey, why: 'nothing is written under the key' },
  { ...decrypt, why: 'nothing is read under the key' },
  { action: 's3:GetObjectVersion', on: 'object', why: 'older versions are nobody’s business here' },
  { action: 's3:DeleteObjectVersion', on: 'object', why: 'older versions must survive' },
  { action: 's3:PutObjectRetention', on: 'object', why: 'retention is the owner’s to set' },
  { action: 's3:BypassGovernanceRetention', on: 'object', why: 'retention is the owner’s to lift' },
  { action: 's3:PutBucketPolicy', on: 'bucket', why: 'the bucket’s policies are the owner’s' },
  { action: 's3:PutBucketAcl', on: 'bucket', why: 'the bucket’s policies are the owner’s' },
  { action: 's3:PutLifecycleConfiguration', on: 'bucket', why: 'a lifecycle rule could delete' },
  { action: 's3:DeleteBucket', on: 'bucket', why: 'the bucket is the owner’s' },
  { action: 'kms:PutKeyPolicy', on: 'key', why: 'the key is the owner’s' },
  { action: 'kms:ScheduleKeyDeletion', on: 'key', why: 'the key is the owner’s' },
]

/**
 * Lists what the written policies must not allow: what the purpose leaves out, everything outside the root path, other
 * buckets, and other roles of the account.
 */
export function forbiddenActions(model: SetupModel): readonly ActionFact[] {
  const granted = grantsOf(model)
  const has = (action: string): boolean => granted.some((grant) => grant.action === action)
  const bucket = bucketArn(model)
  const places: Record<Place, string | null> = {
    bucket,
    object: `${bucket}/${model.rootPath}*`,
    key: model.kmsKeyArn,
  }
  const inside = deliberatelyNot.flatMap((grant): ActionFact[] => {
    const resource = places[grant.on]
    return resource === null || has(grant.action) ? [] : [{ action: grant.action, resource, why: grant.why }]
  })
  return [...inside, ...outside(model, granted)]
}

function outside(model: SetupModel, granted: readonly Grant[]): ActionFact[] {
  const objectActions = granted.filter((grant) => grant.on === 'object').map((grant) => grant.action)
  // A sibling of the root path that shares its first letters: `audit-other/` beside `audit/`.
  const sibling = model.rootPath === '' ? null : `${bucketArn(model)}/${model.rootPath.slice(0, -1)}-other/*`
  const elsewhere = `arn:${model.partition}:s3:::${model.bucket}-other/*`
  const role = `arn:${partitionOf(model.roleArn)}:iam::${accountOf(model.roleArn)}:role/drawbridge-not-this-role`
  return [
    ...(sibling === null
      ? []
      : objectActions.map((action) => ({ action, resource: sibling, why: 'it is outside the root path' }))),
    ...objectActions.map((action) => ({ action, resource: elsewhere, why: 'it is another bucket' })),
    { action: 'sts:AssumeRole', resource: role, why: 'it is another role' },
  ]
}
