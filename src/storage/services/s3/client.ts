/**
 * The AWS SDK's client, held to our rules: one attempt, no redirect, credentials asked for at every request, and bodies as
 * streams whose hash is known before they are sent.
 */
import type { S3Client } from '@aws-sdk/client-s3'
import type { AwsCredentials } from '../../../credentials/index.ts'
import { type AgentLease, leaseAgents } from './agent-pool.ts'
import { S3Transport } from './transport.ts'

export interface S3ClientOptions {
  readonly region: string
  /** Null: AWS. */
  readonly endpoint: string | null
  readonly credentials: () => Promise<AwsCredentials>
  /** True: the endpoint's exact origin was allowed by the operator. */
  readonly allowPrivateEndpoint?: boolean
  readonly connectMs?: number
  readonly idleMs?: number
}

/** The SDK keeps what a provider gives until shortly before its end; a renewed session would not be noticed. So it may keep nothing. */
function uncached(credentials: () => Promise<AwsCredentials>) {
  return async () => {
    const current = await credentials()
    return {
      accessKeyId: current.accessKeyId,
      secretAccessKey: current.secretAccessKey.reveal(),
      ...(current.sessionToken === undefined ? {} : { sessionToken: current.sessionToken.reveal() }),
      expiration: new Date(0),
    }
  }
}

/** The SDK would warn on stderr of what is thrown anyway. */
const quiet = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing }
function nothing(): void {
  // Said by the error.
}

/** Takes the sockets that these rules allow. */
export function leaseFor(options: S3ClientOptions): AgentLease {
  return leaseAgents({
    guarded: options.endpoint !== null && options.allowPrivateEndpoint !== true,
    ...(options.connectMs === undefined ? {} : { connectMs: options.connectMs }),
    ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
  })
}

/** The SDK with a client of it. */
export interface Sdk {
  readonly client: S3Client
  readonly aws: typeof import('@aws-sdk/client-s3')
}

/** Loads the SDK, for whoever sees beforehand that it will be needed. What can not be loaded is told when it is needed. */
export async function loadS3Sdk(): Promise<void> {
  await import('@aws-sdk/client-s3').catch(() => {})
}

/** Opens a client. `destroy()` gives its sockets back. The SDK is loaded for the first one: it is large, and small reports go without it. */
export async function openS3Client(options: S3ClientOptions): Promise<Sdk> {
  const aws = await import('@aws-sdk/client-s3')
  const client = new aws.S3Client({
    region: options.region,
    // Other stores know their buckets by path; AWS by host name.
    ...(options.endpoint === null ? {} : { endpoint: options.endpoint, forcePathStyle: true }),
    credentials: uncached(options.credentials),
    maxAttempts: 1,
    logger: quiet,
    followRegionRedirects: false,
    useArnRegion: false,
    // Checksums are given by us and known beforehand; trailers of aws-chunked bodies are not understood everywhere.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A refusal must be read before gigabytes are sent.
    expectContinueHeader: 1024 * 1024,
    requestHandler: new S3Transport(leaseFor(options)),
  })
  return { client, aws }
}

/** The part of an SDK command that is used here. */
interface Command {
  readonly middlewareStack: {
    add(middleware: Middleware, options: { readonly step: 'deserialize'; readonly name: string }): void
  }
}

// The SDK's own type of a middleware depends on the command; these are the parts that ours touch.
type Next = (args: MiddlewareArgs) => Promise<MiddlewareResult>
type Middleware = (next: Next) => Next
interface MiddlewareArgs {
  readonly request: unknown
}
interface MiddlewareResult {
  readonly response: unknown
}

function headersIn(message: unknown): Record<string, string> | null {
  if (typeof message !== 'object' || message === null || !('headers' in message)) return null
  const { headers } = message
  return typeof headers === 'object' && headers !== null ? (headers as Record<string, string>) : null
}

/** Calls `see` with the headers of the answer, as they came. */
export function watchHeaders(command: unknown, see: (headers: Readonly<Record<string, string>>) => void): void {
  ;(command as Command).middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      see(headersIn(result.response) ?? {})
      return result
    },
    { step: 'deserialize', name: 'watchHeaders' },
  )
}
