/** Where a bucket or one of its objects is found, and what it tells somebody without credentials. */
import { type Look, lookFromOutside } from '../../endpoint/look.ts'
import { escaped } from './sign.ts'

export interface BucketLookOptions {
  readonly bucket: string
  readonly region: string
  /** Null: AWS. */
  readonly endpoint: string | null
  readonly expectedBucketOwner: string | null
  /** True: the endpoint's exact origin was allowed by the operator. */
  readonly allowPrivateEndpoint?: boolean
  /** Absent: the bucket itself. */
  readonly key?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** The address of a bucket: as the SDK's own rules tell it for AWS, by path elsewhere. No slash at the end. */
export async function bucketAddress(bucket: string, region: string, endpoint: string | null): Promise<URL> {
  if (endpoint !== null) return new URL(`${endpoint.replace(/\/+$/, '')}/${bucket}`)
  const { S3Client } = await import('@aws-sdk/client-s3')
  const client = new S3Client({ region })
  try {
    return client.config.endpointProvider({ Region: region, Bucket: bucket }).url
  } finally {
    client.destroy()
  }
}

/**
 * Looks at a bucket, or at one object of it, without credentials: a HEAD request that names the expected owner. A bucket of
 * AWS refuses it and tells its region all the same; 200 means that anybody may look.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
export async function lookAtBucket(options: BucketLookOptions): Promise<Look> {
  const { bucket, region, endpoint, expectedBucketOwner, key } = options
  const address = await bucketAddress(bucket, region, endpoint)
  const path = address.pathname.replace(/\/$/, '')
  const url = new URL(address)
  url.pathname = key === undefined ? path || '/' : `${path}/${key.split('/').map(escaped).join('/')}`
  return await lookFromOutside({
    url,
    operation: key === undefined ? 's3:HeadBucket' : 's3:HeadObject',
    guarded: endpoint !== null && options.allowPrivateEndpoint !== true,
    headers: expectedBucketOwner === null ? {} : { 'x-amz-expected-bucket-owner': expectedBucketOwner },
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    signal: options.signal,
  })
}
