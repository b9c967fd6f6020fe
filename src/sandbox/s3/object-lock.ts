/**
 * Object Lock: what a write says about how long it is kept, what a locked bucket demands of uploads, and
 * which versions can not be removed. Legal holds and PutObjectRetention are not offered.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
 */
import type { Context } from '../access/context.ts'
import { AwsError } from '../http/aws-error.ts'
import type { Call } from '../http/call.ts'
import type { Bucket, ObjectVersion, Retention, RetentionMode } from './bucket.ts'
import { accessDenied, allowObject, invalidArgument, type S3Request } from './request.ts'

const dayMs = 86_400_000

/** Tells whether a word is a mode of retention. */
export function isMode(word: string | undefined): word is RetentionMode {
  return word === 'COMPLIANCE' || word === 'GOVERNANCE'
}

/** The context keys of a write that says how long it is kept. */
export function retentionContext(call: Call, now: Date): Context {
  const mode = call.headers.get('x-amz-object-lock-mode')
  const until = call.headers.get('x-amz-object-lock-retain-until-date')
  const days = until === undefined ? Number.NaN : Math.floor((Date.parse(until) - now.getTime()) / dayMs)
  return {
    ...(mode === undefined ? {} : { 's3:object-lock-mode': mode }),
    ...(until === undefined ? {} : { 's3:object-lock-retain-until-date': until }),
    ...(Number.isNaN(days) ? {} : { 's3:object-lock-remaining-retention-days': String(days) }),
  }
}

/**
 * Reads how long a new object is kept: as its writer says, who needs the right to, or as the bucket does by default.
 *
 * @throws AwsError `InvalidRequest` where the bucket has no Object Lock
 */
export function readRetention(request: S3Request, bucket: Bucket, context: Context): Retention | null {
  const { call, key, state } = request
  const now = state.world.clock.now()
  const mode = call.headers.get('x-amz-object-lock-mode')
  const until = call.headers.get('x-amz-object-lock-retain-until-date')
  if (mode === undefined && until === undefined) {
    const byDefault = bucket.objectLock?.byDefault ?? null
    return byDefault === null ? null : { mode: byDefault.mode, until: new Date(now.getTime() + byDefault.days * dayMs) }
  }
  if (bucket.objectLock === null) throw invalidRequest('Bucket is missing Object Lock Configuration')
  const end = Date.parse(until ?? '')
  if (!isMode(mode)) throw invalidArgument('x-amz-object-lock-mode', mode ?? '', 'Unknown wormMode directive.')
  if (Number.isNaN(end) || end <= now.getTime()) {
    throw invalidArgument(
      'x-amz-object-lock-retain-until-date',
      until ?? '',
      'The retain until date must be in the future!',
    )
  }
  allowObject(request, bucket, key, 's3:PutObjectRetention', context)
  return { mode, until: new Date(end) }
}

/** An upload that is kept must carry a checksum of its bytes. @throws AwsError `InvalidRequest` */
export function demandChecksum(call: Call, retention: Retention | null, what: 'Object' | 'Part'): void {
  if (retention === null) return
  const names = [...call.headers.keys()]
  const isChecked = names.some((name) => name === 'content-md5' || name === 'x-amz-trailer' || isChecksum(name))
  if (!isChecked) {
    throw invalidRequest(
      `Content-MD5 OR x-amz-checksum- HTTP header is required for Put ${what} requests with Object Lock parameters`,
    )
  }
}

function isChecksum(name: string): boolean {
  return /^x-amz-checksum-(?:crc|sha|md)/.test(name)
}

/** Refuses to remove a version that is kept. @throws AwsError `AccessDenied` */
export function refuseRemovalOfKept(
  request: S3Request,
  bucket: Bucket,
  key: string,
  version: ObjectVersion | null,
): void {
  if (version?.kind !== 'object' || version.retention === null) return
  const { mode, until } = version.retention
  if (until <= request.state.world.simulatedNow()) return
  if (mode === 'GOVERNANCE' && request.call.headers.get('x-amz-bypass-governance-retention') === 'true') {
    allowObject(request, bucket, key, 's3:BypassGovernanceRetention')
    return
  }
  throw accessDenied('Access Denied because object protected by object lock.')
}

/** The headers that tell how long an object is kept, for callers who may know. */
export function retentionHeaders(
  request: S3Request,
  bucket: Bucket,
  retention: Retention | null,
): Record<string, string> {
  if (retention === null) return {}
  const before = request.record.length
  try {
    allowObject(request, bucket, request.key, 's3:GetObjectRetention')
  } catch (cause) {
    if (!(cause instanceof AwsError)) throw cause
    // Who may not know is not refused; the headers are left out.
    request.record.length = before
    return {}
  }
  return {
    'x-amz-object-lock-mode': retention.mode,
    'x-amz-object-lock-retain-until-date': retention.until.toISOString(),
  }
}

function invalidRequest(message: string): AwsError {
  return new AwsError({ code: 'InvalidRequest', status: 400, message })
}
