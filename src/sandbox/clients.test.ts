/** Clients that are not JavaScript, unchanged: the AWS CLI, presigned URLs and virtual hosts on plain sockets. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  DeletePublicAccessBlockCommand,
  GetObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { customerAccountId, sandboxBaseRoleArn } from './index.ts'
import { policy, region, Stage } from './testing/stage.ts'

const aws = '/usr/bin/aws'
const hasAws = existsSync(aws)
if (!hasAws) {
  const line = 'apt-get install --no-install-recommends awscli'
  if (process.env['CI'] !== undefined) throw new Error(`the AWS CLI is missing: ${line}`)
  process.stderr.write(`SKIPPED the AWS CLI against the sandbox: ${aws} is missing, ${line}\n`)
}

let stage: Stage
let folder: string

beforeAll(async () => {
  stage = await Stage.open()
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-cli-'))
})

afterAll(async () => {
  await stage.close()
  await rm(folder, { recursive: true })
})

describe.skipIf(!hasAws)('the AWS CLI', () => {
  async function run(environment: Record<string, string>, ...words: readonly string[]): Promise<string> {
    const env = {
      PATH: '/usr/bin:/bin',
      HOME: folder,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_PAGER: '',
      ...environment,
    }
    const { stdout } = await promisify(execFile)(aws, ['--endpoint-url', stage.sandbox.endpoint, ...words], { env })
    return stdout
  }
  const customer = () => ({
    AWS_ACCESS_KEY_ID: stage.sandbox.customer.accessKeyId,
    AWS_SECRET_ACCESS_KEY: stage.sandbox.customer.secretAccessKey,
  })

  test('sets up a role and a bucket, and the vendor delivers a large file through it', async () => {
    await run(customer(), 's3', 'mb', 's3://cli-reports')
    const trust = policy({
      Effect: 'Allow',
      Principal: { AWS: sandboxBaseRoleArn },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'dbx_cli' } },
    })
    await run(customer(), 'iam', 'create-role', '--role-name', 'cli', '--assume-role-policy-document', trust)
    const access = policy({ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::cli-reports/audit/*' })
    await run(
      customer(),
      'iam',
      'put-role-policy',
      '--role-name',
      'cli',
      '--policy-name',
      'p',
      '--policy-document',
      access,
    )
    const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: stage.sandbox.containerCredentialsUrl }
    const roleArn = `arn:aws:iam::${customerAccountId}:role/cli`
    const words = ['sts', 'assume-role', '--role-arn', roleArn, '--role-session-name', 'jo', '--external-id', 'dbx_cli']
    const { Credentials } = JSON.parse(await run(container, ...words))
    const session = {
      AWS_ACCESS_KEY_ID: Credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: Credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: Credentials.SessionToken,
    }
    const [from, to] = [join(folder, 'from.bin'), join(folder, 'to.bin')]
    const bytes = Buffer.alloc(20 * 1024 ** 2, 'report ')
    await writeFile(from, bytes)
    await run(session, 's3', 'cp', '--quiet', from, 's3://cli-reports/audit/2026 Q3/report.bin')
    await run(customer(), 's3', 'cp', '--quiet', 's3://cli-reports/audit/2026 Q3/report.bin', to)
    expect((await readFile(to)).equals(bytes)).toBe(true)
    const refused = run(session, 's3api', 'put-object', '--bucket', 'cli-reports', '--key', 'elsewhere')
    await expect(refused).rejects.toThrow(
      'An error occurred (AccessDenied) when calling the PutObject operation: User: arn:aws:sts::222222222222:assumed-role/cli/jo is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::cli-reports/elsewhere" because no identity-based policy allows the s3:PutObject action',
    )
    expect(await run(customer(), 's3', 'ls', 's3://cli-reports', '--recursive')).toContain('audit/2026 Q3/report.bin')
  }, 60_000)

  test('presigns a URL that opens one object and no other', async () => {
    await stage.bucket('cli-presigned')
    await stage.customer.s3.send(new PutObjectCommand({ Bucket: 'cli-presigned', Key: 'a b.txt', Body: 'shared' }))
    const url = new URL((await run(customer(), 's3', 'presign', 's3://cli-presigned/a b.txt')).trim())
    const headers = { host: url.host }
    const right = await stage.raw({ method: 'GET', path: url.pathname + url.search, headers })
    expect([right.status, right.body]).toEqual([200, 'shared'])
    expect((await stage.raw({ method: 'GET', path: `/cli-presigned/c${url.search}`, headers })).status).toBe(403)
  }, 30_000)
})

describe('virtual hosts', () => {
  test('name the bucket, and the region when they want', async () => {
    await stage.bucket('hosted.bucket')
    const hosts = [`hosted.bucket.s3.${region}.localhost`, 'hosted.bucket.s3.localhost', 'hosted.bucket.localhost']
    for (const host of hosts) {
      const client = hostClient(host)
      await client.send(new PutObjectCommand({ Bucket: 'hosted.bucket', Key: 'k/1', Body: host }))
      client.destroy()
    }
    const stored = await stage.customer.s3.send(new GetObjectCommand({ Bucket: 'hosted.bucket', Key: 'k/1' }))
    expect(await stored.Body?.transformToString()).toBe('hosted.bucket.localhost')
    const elsewhere = await stage.raw({
      method: 'GET',
      path: '/k/1',
      headers: { host: 'hosted.bucket.s3.us-west-2.localhost' },
    })
    expect([elsewhere.status, elsewhere.headers['x-amz-bucket-region']]).toEqual([301, region])
    expect(elsewhere.body).toContain('<Code>PermanentRedirect</Code>')
  })

  /** A client whose requests go to the sandbox, path without the bucket, under another host. */
  function hostClient(host: string): S3Client {
    const client = new S3Client({
      region,
      endpoint: stage.sandbox.endpoint,
      forcePathStyle: true,
      credentials: stage.sandbox.customer,
      maxAttempts: 1,
    })
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { path: string; headers: Record<string, string> }
        request.path = request.path.replace('/hosted.bucket', '')
        request.headers['host'] = `${host}:${stage.sandbox.port}`
        return next(args)
      },
      { step: 'build', priority: 'low', name: 'host' },
    )
    return client
  }
})

describe('a client that waits for 100 Continue', () => {
  test('is told to go on when it may, and spared the body when it may not', async () => {
    const Bucket = await stage.bucket('waiting')
    const { s3 } = stage.customer
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
    const anyone = { Effect: 'Allow', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/in/*` }
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(anyone) }))
    expect(await ask(`/${Bucket}/in/a`)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
    const stored = await s3.send(new GetObjectCommand({ Bucket, Key: 'in/a' }))
    expect(await stored.Body?.transformToString()).toBe('hello')
    expect(await ask(`/${Bucket}/out/a`)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/)
  })

  /** Asks to send five bytes, sends them when told to, and returns everything that was said. */
  function ask(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const head = `PUT ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n`
      const socket = connect(stage.sandbox.port, '127.0.0.1', () => socket.write(head))
      let heard = ''
      socket.on('data', (chunk) => {
        heard += chunk.toString()
        if (heard.endsWith('100 Continue\r\n\r\n')) socket.write('hello')
        else if (heard.includes('x-amz-id-2')) socket.end()
      })
      socket.on('close', () => resolve(heard))
      socket.on('error', reject)
    })
  }
})
