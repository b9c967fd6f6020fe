/** A sandbox with AWS's own clients around it, for tests: nothing of ours stands between them. */
import { request as httpRequest } from 'node:http'
import { IAMClient } from '@aws-sdk/client-iam'
import { KMSClient } from '@aws-sdk/client-kms'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, type AssumeRoleCommandInput, type Credentials, STSClient } from '@aws-sdk/client-sts'
import { type Sandbox, type SandboxCredentials, type SandboxOptions, startSandbox } from '../index.ts'

export const region = 'eu-central-1'

/** What a refusal was. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly status: number
}

/** Clients that sign with one key pair. */
export interface Clients {
  readonly s3: S3Client
  readonly sts: STSClient
  readonly iam: IAMClient
  readonly kms: KMSClient
}

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** One sandbox and its clients. */
export class Stage {
  readonly sandbox: Sandbox
  readonly vendor: Clients
  readonly customer: Clients
  /** The vendor's role `drawbridge-base`. */
  readonly base: Clients
  readonly #opened: Clients[] = []

  /** What stages start with unless they are told otherwise; a suite that is run on another judge sets it. */
  static defaults: SandboxOptions = {}

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox
    this.vendor = this.clients(sandbox.vendor)
    this.customer = this.clients(sandbox.customer)
    const base = sandbox.containerCredentials(null, 'drawbridge-base')
    if (base === null) throw new TypeError('the seed has no base role')
    this.base = this.clients(base)
  }

  static async open(options: SandboxOptions = {}): Promise<Stage> {
    return new Stage(await startSandbox({ ...Stage.defaults, ...options }))
  }

  /** Opens clients that sign with these credentials. */
  clients(credentials: SandboxCredentials, where = region): Clients {
    const config = { region: where, endpoint: this.sandbox.endpoint, maxAttempts: 1, credentials }
    const clients = {
      s3: new S3Client({ ...config, forcePathStyle: true }),
      sts: new STSClient(config),
      iam: new IAMClient(config),
      kms: new KMSClient(config),
    }
    this.#opened.push(clients)
    return clients
  }

  /** Assumes a role as the base identity and opens clients for the session. */
  async assume(input: Omit<AssumeRoleCommandInput, 'RoleSessionName'>, from: Clients = this.base): Promise<Clients> {
    const answer = await from.sts.send(new AssumeRoleCommand({ RoleSessionName: 'jo', ...input }))
    return this.clients(sessionOf(answer.Credentials))
  }

  /** Makes a bucket of the customer. */
  async bucket(name: string): Promise<string> {
    await this.customer.s3.send(new CreateBucketCommand({ Bucket: name }))
    return name
  }

  /** Sends bytes as they are. */
  raw(options: {
    readonly method: string
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string | Uint8Array
  }): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const { method, path, body } = options
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const headers = { ...length, ...options.headers }
      const request = httpRequest({ host: '127.0.0.1', port: this.sandbox.port, method, path, headers, agent: false })
      request.on('error', reject)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        )
      })
      request.end(body)
    })
  }

  async close(): Promise<void> {
    for (const clients of this.#opened) for (const client of Object.values(clients)) client.destroy()
    await this.sandbox.close()
  }
}

/** Turns what STS gives into what a client takes. */
export function sessionOf(given: Credentials | undefined): SandboxCredentials {
  return {
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretAccessKey ?? '',
    sessionToken: given?.SessionToken ?? '',
  }
}

/** Returns how a call was refused. Rejects when it was not. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  let answer: unknown
  try {
    answer = await call
  } catch (cause) {
    const error = cause as Error & { readonly $metadata?: { readonly httpStatusCode?: number } }
    return { code: error.name, message: error.message, status: error.$metadata?.httpStatusCode ?? 0 }
  }
  throw new Error(`the call was not refused: ${JSON.stringify(answer)}`)
}

/** A policy document as text. */
export function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}
