/**
 * What follows about the place from the operations of the job, without asking again: region, owner, ACLs, the key, Object Lock,
 * and whether the grants reach the bucket, its objects, or both.
 */
import type { DrawbridgeError } from '../../base/index.ts'
import { linkOfRefusal } from '../diagnose/error-link.ts'
import { isS3, type S3Connection } from '../model/setup-model.ts'
import type { CheckId } from './checks.ts'
import { type Outcome, outcomeOf, requestIdsOf } from './recorder.ts'
import type { StorageStage } from './stage.ts'

/** What was found, with the error behind it where one is. */
interface Fact extends Outcome {
  readonly error?: DrawbridgeError
}

/** Settles the checks that follow from the others; what nothing is known about stays open. */
export function placeFacts(stage: StorageStage): void {
  if (!isS3(stage.connection)) return
  for (const [id, find] of facts) {
    const fact = find(stage, stage.connection)
    if (fact === null) continue
    const { error, ...outcome } = fact
    if (error !== undefined) stage.recorder.blame(id, error)
    stage.recorder.settle(id, outcome)
  }
}

/** The first operation of the job. */
function firstOf({ connection }: StorageStage): CheckId {
  return connection.purpose === 'source' ? 'list-objects' : 'put-object'
}

/** An error of another check, at the link that most probably refused. */
function refusedBy(connection: S3Connection, error: DrawbridgeError, more: Partial<Outcome> = {}): Fact {
  return faultOf(error, { link: linkOfRefusal(connection, error), ...more })
}

function faultOf(error: DrawbridgeError, more: Partial<Outcome> = {}): Fact {
  return { ...outcomeOf(error), status: 'fail', ...more, error }
}

/** Every request is signed for the region, and a bucket elsewhere refuses it; from outside it tells where it is. */
function findRegion(stage: StorageStage, connection: S3Connection): Fact | null {
  const { recorder, outside } = stage
  const { region } = connection.location
  const error = recorder.errorOf(firstOf(stage))
  const told = outside.look?.headers['x-amz-bucket-region']
  if (error?.code === 'wrong-region' || error?.code === 'bucket-not-found') {
    return faultOf(error)
  }
  if (error === undefined || told === region) {
    const detail = `the bucket ${told === region ? 'is' : 'answered'} in ${region}`
    return { status: 'pass', detail }
  }
  return {
    status: error.code === 'access-denied' ? 'pass' : 'unknown',
    detail: `the request was answered in ${region}`,
    requestIds: requestIdsOf(error),
  }
}

/** Every request demands the owner: one that is accepted proves it. */
function findOwner(stage: StorageStage, connection: S3Connection): Fact | null {
  const { recorder } = stage
  const error = recorder.errorOf(firstOf(stage))
  if (error?.code === 'owner-mismatch') return faultOf(error)
  const detail = `account ${connection.location.bucketOwner}, demanded with every request`
  if (error === undefined) return { status: 'pass', detail }
  const open = 'a refusal does not tell whether the owner is another'
  return { status: 'unknown', detail: open, requestIds: requestIdsOf(error) }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html */
function findOwnership(stage: StorageStage, connection: S3Connection): Fact | null {
  const { recorder } = stage
  const { acl } = connection.writing
  const error = recorder.errorOf('put-object')
  if (error === undefined) {
    if (recorder.statusOf('put-object') !== 'pass') return null
    const detail =
      acl === 'none'
        ? 'no ACL is sent, and none is demanded'
        : 'the ACL is taken: the account of the bucket has full control of what we write'
    return { status: 'pass', detail }
  }
  const said = `${String(error.context['providerCode'])} ${String(error.context['providerMessage'])}`
  return /AccessControlListNotSupported|PutObjectAcl/.test(said) ? refusedBy(connection, error) : null
}

/** A key of another region is refused whatever anybody grants. */
function findKey(stage: StorageStage, connection: S3Connection): Fact | null {
  const { recorder } = stage
  const { encryption } = connection.writing
  const failed = (['put-object', 'multipart', 'read-object'] as const)
    .map((check) => recorder.errorOf(check))
    .find((error) => error !== undefined && linkOfRefusal(connection, error) === 'kms-key')
  const keyRegion = encryption.kind === 'sse-kms' ? encryption.keyArn.split(':')[3] : undefined
  if (keyRegion !== undefined && keyRegion !== connection.location.region) {
    return {
      status: 'fail',
      detail: `the key is in ${keyRegion} and the bucket in ${connection.location.region}: S3 takes keys of its own region only`,
      cause: { cause: 'kms-key-missing', repair: 'name a key of the region of the bucket' },
    }
  }
  if (failed !== undefined) return refusedBy(connection, failed, { detail: keyDetail(failed) })
  const used = connection.purpose === 'source' ? 'read-object' : 'put-object'
  if (recorder.statusOf(used) !== 'pass') return null
  const parts = recorder.statusOf('multipart') === 'pass' ? ', also for uploads in parts' : ''
  const does = connection.purpose === 'source' ? 'decrypt' : connection.purpose === 'export' ? 'encrypt' : 'do both'
  return { status: 'pass', detail: `the key can be used to ${does}${parts}` }
}

const keyFaults: readonly (readonly [sign: RegExp, words: string])[] = [
  [/pending deletion|PendingDeletion/i, 'the key waits for its deletion: cancel it, then enable the key'],
  [/DisabledException|is disabled/i, 'the key is switched off'],
  [/NotFoundException|does not exist/i, 'the key does not exist in this region and account'],
  [/InvalidState/i, 'the key is in a state in which it can not be used'],
  [/resource-based polic/i, 'the key policy does not allow it, and no grant does'],
  [/identity-based polic/i, 'the permissions of the role lack the key'],
]

function keyDetail(error: DrawbridgeError): string {
  const said = `${String(error.context['providerCode'])} ${String(error.context['providerMessage'])}`
  const words = keyFaults.find(([sign]) => sign.test(said))?.[1]
  const { detail } = outcomeOf(error)
  return words === undefined ? detail : `${words}: ${detail}`
}

/**
 * A bucket that keeps its objects demands a checksum with each of them; ours always carry one. What is kept can not be removed,
 * which stops no write of ours: every key is new.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
 */
function findLock(stage: StorageStage, connection: S3Connection): Fact | null {
  const { recorder } = stage
  for (const check of ['put-object', 'multipart'] as const) {
    const error = recorder.errorOf(check)
    if (error === undefined) continue
    const said = `${String(error.context['providerMessage'])}`
    if (/object.lock/i.test(said)) return refusedBy(connection, error)
  }
  if (recorder.statusOf('put-object') !== 'pass') return null
  const what = recorder.statusOf('multipart') === 'pass' ? 'object and part' : 'object'
  return {
    status: 'pass',
    detail: `every ${what} carries a checksum, as a bucket that keeps its objects demands; retention stops no new key`,
  }
}

/** Policies on `bucket/*` alone leave out what is asked of the bucket, and the other way round. */
function findGrantLevels(stage: StorageStage, connection: S3Connection): Fact | null {
  const arn = `arn:aws:s3:::${connection.location.uri.slice('s3://'.length)}`
  const [bucket, object] = levelsOf(stage, connection)
  if (bucket === 'pass' && object === 'pass') {
    return { status: 'pass', detail: 'the grants reach the bucket and the objects in it' }
  }
  if (object === 'pass' && bucket === 'refused') {
    return {
      status: 'fail',
      detail: `the objects are granted and the bucket is not: a policy on \`${arn}/*\` alone does not cover what is asked of the bucket itself, which looks like a failed sign-in and is none`,
      cause: {
        cause: 'missing-bucket-permission',
        repair: `grant what is asked of the bucket on \`${arn}\`, without \`/*\`, as in \`permissions-policy.json\``,
      },
    }
  }
  if (bucket === 'pass' && object === 'refused') {
    return {
      status: 'fail',
      detail: `the bucket is granted and its objects are not: a policy on \`${arn}\` alone does not cover the objects in it`,
      cause: {
        cause: 'missing-permission',
        repair: `grant what is asked of objects on \`${arn}/…*\`, as in \`permissions-policy.json\``,
      },
    }
  }
  return null
}

type Level = 'pass' | 'refused' | 'unknown'

/** What became of the operations on the bucket, and of those on objects. */
function levelsOf(stage: StorageStage, connection: S3Connection): readonly [bucket: Level, object: Level] {
  const { recorder } = stage
  const level = (check: CheckId): Level => {
    if (recorder.statusOf(check) === 'pass') return 'pass'
    const code = recorder.errorOf(check)?.code
    return code === 'access-denied' ? 'refused' : 'unknown'
  }
  if (connection.purpose === 'source') return [level('list-objects'), level('read-object')]
  if (connection.purpose === 'enrichment') return [level('list-objects'), level('put-object')]
  // An export asks the bucket for one thing alone: which uploads it left open.
  const isListing = recorder.errorOf('multipart')?.operation === 's3:ListBucketMultipartUploads'
  const uploads = recorder.statusOf('multipart') === 'pass' ? 'pass' : isListing ? level('multipart') : 'unknown'
  return [uploads, level('put-object')]
}

const facts: readonly (readonly [CheckId, (stage: StorageStage, connection: S3Connection) => Fact | null])[] = [
  ['bucket-region', findRegion],
  ['bucket-owner', findOwner],
  ['object-ownership', findOwnership],
  ['kms-key', findKey],
  ['object-lock', findLock],
  ['grant-levels', findGrantLevels],
]
