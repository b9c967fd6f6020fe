/** Multipart uploads through AWS's own client: order, sizes, checksums, resuming, completing and aborting. */
import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusal, Stage } from '../testing/stage.ts'

const Bucket = 'parts'
const five = 5 * 1024 ** 2
let stage: Stage
let s3: S3Client

beforeAll(async () => {
  stage = await Stage.open()
  await stage.bucket(Bucket)
  s3 = stage.customer.s3
})

afterAll(() => stage.close())

async function create(Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}): Promise<string> {
  const answer = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))
  return answer.UploadId ?? ''
}

async function part(Key: string, UploadId: string, PartNumber: number, Body: Buffer): Promise<CompletedPart> {
  const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))
  return { PartNumber, ...(ETag === undefined ? {} : { ETag }) }
}

function complete(Key: string, UploadId: string, Parts: CompletedPart[], IfNoneMatch?: string) {
  const condition = IfNoneMatch === undefined ? {} : { IfNoneMatch }
  return s3.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...condition }),
  )
}

const first = Buffer.alloc(five, 1)
const second = Buffer.from('the end')
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest()

describe('a multipart upload', () => {
  test('joins its parts in the order of their numbers, whatever the order of arrival', async () => {
    const id = await create('joined', { Metadata: { a: '1' }, ContentType: 'text/csv' })
    const b = await part('joined', id, 2, second)
    const a = await part('joined', id, 1, first)
    const answer = await complete('joined', id, [a, b])
    expect(answer.ETag).toBe(`"${md5(Buffer.concat([md5(first), md5(second)])).toString('hex')}-2"`)
    const back = await s3.send(new GetObjectCommand({ Bucket, Key: 'joined' }))
    const bytes = Buffer.from((await back.Body?.transformToByteArray()) ?? [])
    expect(bytes.equals(Buffer.concat([first, second]))).toBe(true)
    expect([back.Metadata, back.ContentType]).toEqual([{ a: '1' }, 'text/csv'])
    const across = await s3.send(
      new GetObjectCommand({ Bucket, Key: 'joined', Range: `bytes=${five - 1}-${five + 2}` }),
    )
    expect(await across.Body?.transformToString()).toBe('\u0001the')
    const one = await s3.send(new GetObjectCommand({ Bucket, Key: 'joined', PartNumber: 2 }))
    expect([await one.Body?.transformToString(), one.PartsCount]).toEqual(['the end', 2])
  })

  test('shows its parts so that it can be resumed, and replaces a part that is sent again', async () => {
    const id = await create('resumed')
    await part('resumed', id, 1, Buffer.alloc(five, 9))
    const a = await part('resumed', id, 1, first)
    const listed = await s3.send(new ListPartsCommand({ Bucket, Key: 'resumed', UploadId: id }))
    expect(listed.Parts?.map(({ PartNumber, ETag, Size }) => [PartNumber, ETag, Size])).toEqual([[1, a.ETag, five]])
    const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'resumed' }))
    expect(uploads.Uploads?.map((upload) => [upload.Key, upload.UploadId])).toEqual([['resumed', id]])
    const b = await part('resumed', id, 7, second)
    await complete('resumed', id, [a, b])
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'resumed' }))).Uploads).toBeUndefined()
  })

  test('refuses parts that are out of order, unknown, altered or too small', async () => {
    const id = await create('refused')
    const small = await part('refused', id, 1, second)
    const last = await part('refused', id, 2, second)
    expect((await refusal(complete('refused', id, [last, small]))).code).toBe('InvalidPartOrder')
    expect((await refusal(complete('refused', id, [small, small]))).code).toBe('InvalidPartOrder')
    expect((await refusal(complete('refused', id, [small, last]))).code).toBe('EntityTooSmall')
    expect((await refusal(complete('refused', id, [{ PartNumber: 3, ETag: last.ETag }]))).code).toBe('InvalidPart')
    expect((await refusal(complete('refused', id, [{ PartNumber: 1, ETag: '"00"' }]))).code).toBe('InvalidPart')
    expect((await refusal(part('refused', id, 10_001, second))).code).toBe('InvalidArgument')
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'refused' })))).status).toBe(404)
    expect((await complete('refused', id, [small])).ETag).toMatch(/-1"$/)
  })

  test('completes conditionally, and stays when the condition fails', async () => {
    const id = await create('taken')
    const a = await part('taken', id, 1, second)
    await s3.send(new PutObjectCommand({ Bucket, Key: 'taken', Body: 'somebody else' }))
    expect(await refusal(complete('taken', id, [a], '*'))).toMatchObject({ code: 'PreconditionFailed', status: 412 })
    expect((await s3.send(new ListPartsCommand({ Bucket, Key: 'taken', UploadId: id }))).Parts).toHaveLength(1)
    await complete('taken', id, [a])
  })

  test('is gone once completed or aborted', async () => {
    const done = await create('done')
    const a = await part('done', done, 1, second)
    await complete('done', done, [a])
    expect(await refusal(complete('done', done, [a]))).toMatchObject({ code: 'NoSuchUpload', status: 404 })
    const dropped = await create('dropped')
    await part('dropped', dropped, 1, second)
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'dropped', UploadId: dropped }))
    expect((await refusal(part('dropped', dropped, 2, second))).code).toBe('NoSuchUpload')
    const again = s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'dropped', UploadId: dropped }))
    expect((await refusal(again)).code).toBe('NoSuchUpload')
  })

  test('can say 200 and fail, and then be completed again', async () => {
    const id = await create('late')
    const a = await part('late', id, 1, second)
    stage.sandbox.setFaults([
      { match: { operation: 'CompleteMultipartUpload', times: 1 }, do: { kind: 'error-in-200' } },
    ])
    expect((await refusal(complete('late', id, [a]))).code).toBe('InternalError')
    expect(stage.sandbox.history().at(-1)?.status).toBe(200)
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'late' })))).status).toBe(404)
    await complete('late', id, [a])
    stage.sandbox.setFaults([])
  })

  test('copies parts from other objects', async () => {
    const id = await create('copied')
    const CopySource = `${Bucket}/joined`
    const input = {
      Bucket,
      Key: 'copied',
      UploadId: id,
      PartNumber: 1,
      CopySource,
      CopySourceRange: `bytes=${five}-${five + 2}`,
    }
    const copied = await s3.send(new UploadPartCopyCommand(input))
    await complete('copied', id, [
      { PartNumber: 1, ...(copied.CopyPartResult?.ETag === undefined ? {} : { ETag: copied.CopyPartResult.ETag }) },
    ])
    const back = await s3.send(new GetObjectCommand({ Bucket, Key: 'copied' }))
    expect(await back.Body?.transformToString()).toBe('the')
  })
})

describe('checksums of a multipart upload', () => {
  async function upload(key: string, algorithm: 'CRC32' | 'CRC64NVME' | 'SHA256', type: 'COMPOSITE' | 'FULL_OBJECT') {
    const id = await create(key, { ChecksumAlgorithm: algorithm, ChecksumType: type })
    const parts: CompletedPart[] = []
    for (const [index, Body] of [first, second].entries()) {
      const input = { Bucket, Key: key, UploadId: id, PartNumber: index + 1, Body, ChecksumAlgorithm: algorithm }
      const { $metadata: _, ServerSideEncryption: __, ...sums } = await s3.send(new UploadPartCommand(input))
      parts.push({ ...sums, PartNumber: index + 1 })
    }
    await complete(key, id, parts)
    return await s3.send(new HeadObjectCommand({ Bucket, Key: key, ChecksumMode: 'ENABLED' }))
  }

  test('of the whole object are those that one PUT of the same bytes has', async () => {
    const Body = Buffer.concat([first, second])
    const whole32 = await s3.send(new PutObjectCommand({ Bucket, Key: 'whole', Body, ChecksumAlgorithm: 'CRC32' }))
    const whole64 = await s3.send(new PutObjectCommand({ Bucket, Key: 'whole', Body, ChecksumAlgorithm: 'CRC64NVME' }))
    expect(whole64.ChecksumCRC64NVME).toBeDefined()
    expect((await upload('full-32', 'CRC32', 'FULL_OBJECT')).ChecksumCRC32).toBe(whole32.ChecksumCRC32)
    expect((await upload('full-64', 'CRC64NVME', 'FULL_OBJECT')).ChecksumCRC64NVME).toBe(whole64.ChecksumCRC64NVME)
  })

  test('that are composite are those of the checksums of the parts', async () => {
    const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
    const expected = `${sha256(Buffer.concat([sha256(first), sha256(second)])).toString('base64')}-2`
    const head = await upload('composite', 'SHA256', 'COMPOSITE')
    expect([head.ChecksumSHA256, head.ChecksumType]).toEqual([expected, 'COMPOSITE'])
  })

  test('must be of the kind that the upload was created for', async () => {
    const id = await create('mixed', { ChecksumAlgorithm: 'SHA256' })
    const input = {
      Bucket,
      Key: 'mixed',
      UploadId: id,
      PartNumber: 1,
      Body: second,
      ChecksumAlgorithm: 'CRC32' as const,
    }
    expect((await refusal(s3.send(new UploadPartCommand(input)))).message).toContain('Checksum Type mismatch')
    const impossible = create('mixed', { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' })
    expect((await refusal(impossible)).code).toBe('InvalidRequest')
  })
})
