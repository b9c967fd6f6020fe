/** Objects through AWS's own client: bytes, conditions, checksums, ranges, listings, deletion, and how refusals read. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { customerAccountId, vendorAccountId } from '../index.ts'
import { type Clients, policy, refusal, region, Stage } from '../testing/stage.ts'

const Bucket = 'reports'
let stage: Stage
let s3: S3Client

beforeAll(async () => {
  stage = await Stage.open()
  await stage.bucket(Bucket)
  s3 = stage.customer.s3
})

afterAll(() => stage.close())

function put(Key: string, Body: string | Readable, more: Partial<PutObjectCommandInput> = {}) {
  return s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
}

async function text(Key: string): Promise<string> {
  const answer = await s3.send(new GetObjectCommand({ Bucket, Key }))
  return (await answer.Body?.transformToString()) ?? ''
}

describe('bytes', () => {
  test('come back under any key that S3 takes', async () => {
    const keys = [
      'a',
      'a b+c',
      'ü/ä?&=#%',
      "it's (here)!*",
      '%2F',
      '𝒳/ﬀ',
      'a//b/',
      '.drawbridge/probe-1.json',
      'x:y@z$,;',
    ]
    for (const key of keys) {
      await put(key, `body of ${key}`)
      expect(await text(key)).toBe(`body of ${key}`)
    }
  })

  test('carry their MD5 as ETag, their metadata, type and tags', async () => {
    const answer = await put('meta', 'hello', {
      Metadata: { delivery: 'dlv_1' },
      ContentType: 'text/csv',
      CacheControl: 'no-store',
      Tagging: 'a=1&b=x%20y',
    })
    expect(answer.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`)
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'meta' }))
    expect(head).toMatchObject({
      ContentLength: 5,
      ContentType: 'text/csv',
      CacheControl: 'no-store',
      Metadata: { delivery: 'dlv_1' },
      ServerSideEncryption: 'AES256',
    })
    const tags = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'meta' }))
    expect(tags.TagSet).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: 'x y' },
    ])
  })

  test('are read in ranges', async () => {
    await put('range', '0123456789')
    const read = async (Range: string) => {
      const answer = await s3.send(new GetObjectCommand({ Bucket, Key: 'range', Range }))
      return [await answer.Body?.transformToString(), answer.ContentRange]
    }
    expect(await read('bytes=2-4')).toEqual(['234', 'bytes 2-4/10'])
    expect(await read('bytes=7-')).toEqual(['789', 'bytes 7-9/10'])
    expect(await read('bytes=-3')).toEqual(['789', 'bytes 7-9/10'])
    expect(await read('bytes=8-99')).toEqual(['89', 'bytes 8-9/10'])
    expect(await refusal(read('bytes=10-'))).toMatchObject({ code: 'InvalidRange', status: 416 })
  })

  test('stream in and out unbuffered with an unsigned trailer', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'z')
    const body = Readable.from(Array.from({ length: 20 }, () => chunk))
    const answer = await put('stream', body, { ContentLength: 20 * chunk.length, ChecksumAlgorithm: 'CRC32C' })
    const whole = Buffer.alloc(20 * chunk.length, 'z')
    expect(answer.ETag).toBe(`"${createHash('md5').update(whole).digest('hex')}"`)
    expect(answer.ChecksumCRC32C).toBeDefined()
    const back = await s3.send(new GetObjectCommand({ Bucket, Key: 'stream', ChecksumMode: 'ENABLED' }))
    const hash = createHash('sha256')
    for await (const piece of back.Body as Readable) hash.update(piece as Buffer)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(whole).digest('hex'))
  })

  test('are copied with or without their metadata', async () => {
    await put('from', 'copy me', { Metadata: { a: '1' } })
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from` }))
    expect(await text('to')).toBe('copy me')
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'to' }))).Metadata).toEqual({ a: '1' })
    const missing = s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/nothing` }))
    expect((await refusal(missing)).code).toBe('NoSuchKey')
  })
})

describe('conditional writes', () => {
  test('create once, and leave what stands there', async () => {
    await put('once', 'first', { IfNoneMatch: '*' })
    expect(await refusal(put('once', 'second', { IfNoneMatch: '*' }))).toEqual({
      code: 'PreconditionFailed',
      message: 'At least one of the pre-conditions you specified did not hold',
      status: 412,
    })
    expect(await text('once')).toBe('first')
  })

  test('let exactly one of many writers win', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => put('race', `${index}`.repeat(100_000), { IfNoneMatch: '*' })),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    expect(new Set(await text('race')).size).toBe(1)
  })

  test('replace only what was read', async () => {
    const first = await put('match', 'a')
    await put('match', 'b', { IfMatch: first.ETag })
    expect((await refusal(put('match', 'c', { IfMatch: first.ETag }))).status).toBe(412)
    expect(await text('match')).toBe('b')
  })
})

describe('checksums', () => {
  const body = 'Hello world'
  const known = [
    ['CRC32', 'ChecksumCRC32', 'i9aeUg=='],
    ['CRC32C', 'ChecksumCRC32C', 'crUfeA=='],
    ['CRC64NVME', 'ChecksumCRC64NVME', 'OOJZ0D8xKts='],
    ['SHA1', 'ChecksumSHA1', 'e1AsOh9IyGCa4hLN+2Od7jlnP14='],
    ['SHA256', 'ChecksumSHA256', 'ZOyIygCyaOW6GjVnihtTFtIS9PNmskdyMlNKiuyjfzw='],
  ] as const

  test.each(known)('%s is verified and echoed', async (_algorithm, field, value) => {
    const answer = await put(`sum-${field}`, body, { [field]: value })
    expect(answer[field]).toBe(value)
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: `sum-${field}`, ChecksumMode: 'ENABLED' }))
    expect([head[field], head.ChecksumType]).toEqual([value, 'FULL_OBJECT'])
    const wrong = await refusal(put('sum-wrong', 'Hello World', { [field]: value }))
    expect(wrong).toMatchObject({ code: 'BadDigest', status: 400 })
    expect((await refusal(put('sum-wrong', body, { [field]: 'AA==' }))).code).toBe('InvalidRequest')
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'sum-wrong' })))).status).toBe(404)
  })

  test('Content-MD5 is verified', async () => {
    const md5 = createHash('md5').update('right').digest('base64')
    await put('md5', 'right', { ContentMD5: md5 })
    expect((await refusal(put('md5', 'wrong', { ContentMD5: md5 }))).code).toBe('BadDigest')
    expect((await refusal(put('md5', 'right', { ContentMD5: 'AAAA' }))).code).toBe('InvalidDigest')
  })
})

describe('listings', () => {
  beforeAll(async () => {
    await stage.bucket('lists')
    const keys = ['a/1', 'a/2', 'b', 'c/x/1', 'c/y', 'd ü', '𝒳', 'ﬀ']
    await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket: 'lists', Key, Body: 'x' }))))
  })

  async function pages(MaxKeys: number, Delimiter?: string, Prefix?: string) {
    const found: string[] = []
    let ContinuationToken: string | undefined
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: 'lists',
          MaxKeys,
          Delimiter,
          Prefix,
          ContinuationToken,
          EncodingType: 'url',
        }),
      )
      expect((page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0)).toBeLessThanOrEqual(MaxKeys)
      found.push(...(page.Contents ?? []).map((object) => decodeURIComponent(object.Key ?? '')))
      found.push(...(page.CommonPrefixes ?? []).map((prefix) => decodeURIComponent(prefix.Prefix ?? '')))
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken !== undefined)
    return found
  }

  test('are complete and in the order of UTF-8, whatever the page size', async () => {
    const all = ['a/1', 'a/2', 'b', 'c/x/1', 'c/y', 'd ü', 'ﬀ', '𝒳']
    for (const size of [1, 2, 3, 1000]) expect(await pages(size)).toEqual(all)
  })

  test('roll up common prefixes', async () => {
    for (const size of [1, 2, 3, 1000])
      expect((await pages(size, '/')).sort()).toEqual(['a/', 'b', 'c/', 'd ü', 'ﬀ', '𝒳'].sort())
    expect(await pages(1, '/', 'c/')).toEqual(['c/x/', 'c/y'])
    const old = await s3.send(new ListObjectsCommand({ Bucket: 'lists', Delimiter: '/', MaxKeys: 2 }))
    expect([old.CommonPrefixes?.[0]?.Prefix, old.Contents?.[0]?.Key, old.NextMarker]).toEqual(['a/', 'b', 'b'])
  })
})

describe('deletion', () => {
  test('is quiet about what is not there, and takes many at once', async () => {
    await put('gone', 'x')
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }))
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }))
    expect(await refusal(s3.send(new GetObjectCommand({ Bucket, Key: 'gone' })))).toMatchObject({
      code: 'NoSuchKey',
      status: 404,
    })
    await put('many & <1>', 'x')
    const answer = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'many & <1>' }, { Key: 'never' }] } }),
    )
    expect(answer.Deleted?.map((object) => object.Key)).toEqual(['many & <1>', 'never'])
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'many & <1>' })))).status).toBe(404)
  })

  test('leaves a marker in a bucket with versions', async () => {
    await stage.bucket('versions')
    const versions = { Bucket: 'versions', Key: 'k' }
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: 'versions', VersioningConfiguration: { Status: 'Enabled' } }),
    )
    const first = await s3.send(new PutObjectCommand({ ...versions, Body: '1' }))
    await s3.send(new PutObjectCommand({ ...versions, Body: '2' }))
    const deleted = await s3.send(new DeleteObjectCommand(versions))
    expect(deleted.DeleteMarker).toBe(true)
    expect((await refusal(s3.send(new GetObjectCommand(versions)))).code).toBe('NoSuchKey')
    const old = await s3.send(new GetObjectCommand({ ...versions, VersionId: first.VersionId }))
    expect(await old.Body?.transformToString()).toBe('1')
    const list = await s3.send(new ListObjectVersionsCommand({ Bucket: 'versions' }))
    expect([list.Versions?.length, list.DeleteMarkers?.length, list.DeleteMarkers?.[0]?.IsLatest]).toEqual([2, 1, true])
    await s3.send(new DeleteObjectCommand({ ...versions, VersionId: deleted.VersionId }))
    const again = await s3.send(new GetObjectCommand(versions))
    expect(await again.Body?.transformToString()).toBe('2')
  })
})

describe('refusals', () => {
  let writer: Clients

  beforeAll(async () => {
    const { iam } = stage.customer
    const trust = policy({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${customerAccountId}:root` },
      Action: 'sts:AssumeRole',
    })
    await iam.send(new CreateRoleCommand({ RoleName: 'writer', AssumeRolePolicyDocument: trust }))
    const document = policy({ Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/in/*` })
    await iam.send(new PutRolePolicyCommand({ RoleName: 'writer', PolicyName: 'p', PolicyDocument: document }))
    writer = await stage.assume({ RoleArn: `arn:aws:iam::${customerAccountId}:role/writer` }, stage.customer)
  })

  const who = `User: arn:aws:sts::${customerAccountId}:assumed-role/writer/jo is not authorized to perform:`

  test('name the policy type within the account', async () => {
    await writer.s3.send(new PutObjectCommand({ Bucket, Key: 'in/1', Body: 'x' }))
    expect(await refusal(writer.s3.send(new PutObjectCommand({ Bucket, Key: 'out/1', Body: 'x' })))).toEqual({
      code: 'AccessDenied',
      status: 403,
      message: `${who} s3:PutObject on resource: "arn:aws:s3:::${Bucket}/out/1" because no identity-based policy allows the s3:PutObject action`,
    })
  })

  test('hide from who may not list whether a key exists', async () => {
    const readKey = policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` })
    const { iam } = stage.customer
    await iam.send(new PutRolePolicyCommand({ RoleName: 'writer', PolicyName: 'read', PolicyDocument: readKey }))
    const missing = await refusal(writer.s3.send(new GetObjectCommand({ Bucket, Key: 'missing' })))
    expect(missing.message).toBe(
      `${who} s3:ListBucket on resource: "arn:aws:s3:::${Bucket}" because no identity-based policy allows the s3:ListBucket action`,
    )
    expect((await refusal(writer.s3.send(new HeadObjectCommand({ Bucket, Key: 'missing' })))).status).toBe(403)
  })

  test('say nothing across accounts', async () => {
    expect(await refusal(stage.vendor.s3.send(new GetObjectCommand({ Bucket, Key: 'a' })))).toEqual({
      code: 'AccessDenied',
      status: 403,
      message: 'Access Denied',
    })
  })

  test('name explicit denies, and what was allowed across accounts works', async () => {
    const Policy = policy(
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${vendorAccountId}:user/admin` },
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: `arn:aws:s3:::${Bucket}/shared/*`,
      },
      { Effect: 'Deny', Principal: '*', Action: 's3:DeleteObject', Resource: `arn:aws:s3:::${Bucket}/shared/*` },
    )
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    await stage.vendor.s3.send(new PutObjectCommand({ Bucket, Key: 'shared/1', Body: 'from the vendor' }))
    expect(await text('shared/1')).toBe('from the vendor')
    expect((await refusal(s3.send(new DeleteObjectCommand({ Bucket, Key: 'shared/1' })))).message).toBe(
      `User: arn:aws:iam::${customerAccountId}:user/admin is not authorized to perform: s3:DeleteObject on resource: "arn:aws:s3:::${Bucket}/shared/1" with an explicit deny in a resource-based policy`,
    )
    const many = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'shared/1' }] } }))
    expect(many.Errors?.[0]?.Code).toBe('AccessDenied')
  })

  test('tell an expected owner from the real one', async () => {
    await put('owned', 'x', { ExpectedBucketOwner: customerAccountId })
    expect(await refusal(put('owned', 'x', { ExpectedBucketOwner: vendorAccountId }))).toEqual({
      code: 'AccessDenied',
      status: 403,
      message: 'Access Denied',
    })
    const nowhere = s3.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'a' }))
    expect(await refusal(nowhere)).toMatchObject({ code: 'NoSuchBucket', status: 404 })
  })
})

describe('signatures', () => {
  const client = (more: object, credentials = stage.sandbox.customer) =>
    new S3Client({
      region,
      endpoint: stage.sandbox.endpoint,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials,
      ...more,
    })
  const get = (from: S3Client) => refusal(from.send(new GetObjectCommand({ Bucket, Key: 'a' })))

  test('of a wrong secret, an unknown key and a wrong token are told apart', async () => {
    const { accessKeyId } = stage.sandbox.customer
    expect(await get(client({}, { accessKeyId, secretAccessKey: 'wrong' }))).toMatchObject({
      code: 'SignatureDoesNotMatch',
      status: 403,
    })
    expect(await get(client({}, { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' }))).toMatchObject({
      code: 'InvalidAccessKeyId',
      status: 403,
    })
    const base = stage.sandbox.containerCredentials(null, 'drawbridge-base')
    const stolen = { accessKeyId: base?.accessKeyId ?? '', secretAccessKey: base?.secretAccessKey ?? '' }
    expect((await get(client({}, { ...stolen, sessionToken: 'forged' }))).code).toBe('InvalidToken')
    expect((await get(client({}, stolen))).code).toBe('InvalidAccessKeyId')
  })

  test('of a clock that is twenty minutes off are refused with the time of the server', async () => {
    for (const minutes of [20, -20]) {
      const skewed = client({ systemClockOffset: minutes * 60_000 })
      const error = await skewed.send(new GetObjectCommand({ Bucket, Key: 'a' })).catch((cause: unknown) => cause)
      expect(error).toMatchObject({
        name: 'RequestTimeTooSkewed',
        MaxAllowedSkewMilliseconds: '900000',
        $metadata: { httpStatusCode: 403 },
      })
      expect(Math.abs(Date.parse((error as { ServerTime: string }).ServerTime) - Date.now())).toBeLessThan(60_000)
    }
    await client({ systemClockOffset: 14 * 60_000 }).send(new GetObjectCommand({ Bucket, Key: 'a' }))
  })

  test('for another region are told the right one', async () => {
    const error = await client({ region: 'us-west-2' })
      .send(new GetObjectCommand({ Bucket, Key: 'a' }))
      .catch((cause: unknown) => cause)
    expect(error).toMatchObject({
      name: 'AuthorizationHeaderMalformed',
      message: `The authorization header is malformed; the region 'us-west-2' is wrong; expecting '${region}'`,
      Region: region,
      $metadata: { httpStatusCode: 400 },
    })
    expect(
      (error as { $response?: { headers: Record<string, string> } }).$response?.headers['x-amz-bucket-region'],
    ).toBe(region)
  })

  test('cover the body: what was changed on the way is refused', async () => {
    const tampering = client({ requestChecksumCalculation: 'WHEN_REQUIRED' })
    tampering.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: string }
        request.body = 'hellO'
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low', name: 'tamper' },
    )
    const sent = tampering.send(new PutObjectCommand({ Bucket, Key: 'tampered', Body: 'hello' }))
    expect((await refusal(sent)).code).toBe('XAmzContentSHA256Mismatch')
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'tampered' })))).status).toBe(404)
  })

  test('cover every x-amz- header: one added on the way is refused', async () => {
    const adding = client({})
    adding.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { headers: Record<string, string> }
        request.headers['x-amz-acl'] = 'public-read'
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low', name: 'add' },
    )
    const sent = adding.send(new PutObjectCommand({ Bucket, Key: 'added', Body: 'hello' }))
    expect((await refusal(sent)).message).toBe('There were headers present in the request which were not signed')
  })
})
