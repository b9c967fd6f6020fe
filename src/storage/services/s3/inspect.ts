/** Looks at a bucket from outside: whether it exists, in which region, and whether it belongs to whom we think. */
import { DrawbridgeError } from '../../../base/index.ts'
import type { S3ClientOptions } from './client.ts'
import { openS3Client, watchHeaders } from './client.ts'
import { s3Error } from './errors.ts'

export interface InspectOptions extends S3ClientOptions {
  readonly bucket: string
  readonly expectedBucketOwner: string | null
  readonly signal?: AbortSignal
}

/** What the bucket's outside tells. Null is what could not be told. */
export interface BucketInspection {
  readonly exists: boolean | null
  /** Also told by refusals. */
  readonly region: string | null
  /** False only when the same call is refused with the owner named and allowed without. */
  readonly ownerMatches: boolean | null
  readonly requestId?: string
  /** Why nothing more could be told. */
  readonly refusal?: DrawbridgeError
}

interface Look {
  readonly region: string | null
  readonly requestId?: string
  readonly failure: DrawbridgeError | null
}

/**
 * Asks with HeadBucket, twice where the first is refused: with the expected owner and without. Needs s3:ListBucket to tell much;
 * the region comes with refusals too. No object is touched.
 *
 * @throws DrawbridgeError unavailable, throttled, endpoint-refused, clock-skew, session-expired, cancelled
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
 */
export async function inspectBucket(options: InspectOptions): Promise<BucketInspection> {
  const first = await look(options, options.expectedBucketOwner)
  if (first.failure === null) return toldBy(first, true, options.expectedBucketOwner === null ? null : true)
  if (first.failure.code === 'bucket-not-found') return toldBy(first, false, null)
  if (first.failure.code === 'wrong-region') return toldBy(first, true, null)
  if (first.failure.code !== 'access-denied') throw first.failure
  if (options.expectedBucketOwner === null) return toldBy(first, null, null)
  const second = await look(options, null)
  if (second.failure === null) return toldBy(second, true, false)
  return toldBy({ ...first, region: first.region ?? second.region }, null, null)
}

function toldBy(seen: Look, exists: boolean | null, ownerMatches: boolean | null): BucketInspection {
  return {
    exists,
    region: seen.region,
    ownerMatches,
    ...(seen.requestId === undefined ? {} : { requestId: seen.requestId }),
    ...(seen.failure === null ? {} : { refusal: seen.failure }),
  }
}

async function look(options: InspectOptions, owner: string | null): Promise<Look> {
  const { client, aws } = await openS3Client(options)
  const { bucket, region, endpoint, signal } = options
  let headers: Readonly<Record<string, string>> = {}
  try {
    const command = new aws.HeadBucketCommand({
      Bucket: bucket,
      ...(owner === null ? {} : { ExpectedBucketOwner: owner }),
    })
    watchHeaders(command, (seen) => {
      headers = seen
    })
    const answer = await client.send(command, signal === undefined ? {} : { abortSignal: signal })
    const { requestId } = answer.$metadata
    return {
      region: answer.BucketRegion ?? headers['x-amz-bucket-region'] ?? null,
      ...(requestId === undefined ? {} : { requestId }),
      failure: null,
    }
  } catch (error) {
    const translated = s3Error(error, { operation: 's3:HeadBucket', bucket, region, endpoint, signal })
    // The answer to a HEAD has no body: 404 is the bucket here, and 400 may be the region.
    const missing = translated.code === 'object-not-found'
    const failure = missing
      ? new DrawbridgeError({
          code: 'bucket-not-found',
          message: `the bucket does not exist: \`s3://${bucket}\``,
          operation: 's3:HeadBucket',
          context: translated.context,
        })
      : translated
    const told = translated.context['bucketRegion']
    const requestId = translated.context['requestId']
    return {
      region: typeof told === 'string' ? told : null,
      ...(typeof requestId === 'string' ? { requestId } : {}),
      failure,
    }
  } finally {
    client.destroy()
  }
}
