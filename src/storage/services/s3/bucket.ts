/**
 * One bucket and the ways to it: the SDK's client for what is said about objects, the thin pipe for their bytes, and the one
 * place where what goes wrong is translated.
 */
import { checkSignal } from '../../fault.ts'
import type { Body } from '../../object-store.ts'
import type { AnswerHeaders } from '../../wire/exchange.ts'
import { sendRange } from '../../wire/send-range.ts'
import type { AgentLease } from './agent-pool.ts'
import type { S3ClientOptions, Sdk } from './client.ts'
import { leaseFor, openS3Client } from './client.ts'
import { type BodyRequest, DataPlane } from './data-plane.ts'
import { s3Error } from './errors.ts'
import type { Header } from './sign.ts'

export interface S3StoreOptions extends S3ClientOptions {
  readonly bucket: string
  /** The account that must own the bucket; null only where the store knows no accounts. */
  readonly expectedBucketOwner: string | null
}

/** A request as errors name it. */
export interface Wanted {
  readonly operation: string
  readonly key?: string
  readonly signal?: AbortSignal | undefined
}

interface Sent {
  readonly operation: string
  readonly onProgress: ((bytesSent: number) => void) | undefined
}

/** A bucket that requests can be sent to. */
export class S3Bucket {
  readonly location: string
  /** The bucket and where it is: others of the same name are elsewhere. */
  readonly address: string
  /** What every command of the SDK says about the bucket. */
  readonly at: { readonly Bucket: string; readonly ExpectedBucketOwner?: string }
  readonly #options: S3StoreOptions
  readonly #lease: AgentLease
  readonly #dataPlane: DataPlane
  #sdk: Promise<Sdk> | null = null

  constructor(options: S3StoreOptions) {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(options.bucket)) throw new TypeError('a bucket needs a valid name')
    this.#options = options
    this.#lease = leaseFor(options)
    const { region, credentials } = options
    const address = (): Promise<URL> => this.#url()
    this.#dataPlane = new DataPlane({ region, credentials, agents: this.#lease.agents, address })
    this.location = `s3://${options.bucket}`
    this.address = `${options.endpoint ?? 'aws'} ${options.bucket}`
    this.at = {
      Bucket: options.bucket,
      ...(options.expectedBucketOwner === null ? {} : { ExpectedBucketOwner: options.expectedBucketOwner }),
    }
  }

  /** Made when it is first needed: the usual small report never asks for it. */
  sdk(): Promise<Sdk> {
    this.#sdk ??= openS3Client(this.#options)
    return this.#sdk
  }

  /** Other stores know their buckets by path; for AWS the SDK's own rules tell the address. */
  async #url(): Promise<URL> {
    const { endpoint, region, bucket } = this.#options
    if (endpoint !== null) return new URL(`${endpoint.replace(/\/+$/, '')}/${bucket}`)
    const { client } = await this.sdk()
    const { url } = client.config.endpointProvider({ Region: region, Bucket: bucket })
    return url
  }

  /** What requests through the thin pipe say about it. */
  get ownerHeader(): readonly Header[] {
    const { ExpectedBucketOwner: owner } = this.at
    return owner === undefined ? [] : [['x-amz-expected-bucket-owner', owner]]
  }

  /** Sends a body through the thin pipe; the bytes themselves when they are in memory, piece by piece otherwise. */
  async sendBody(
    body: Body,
    start: number,
    end: number,
    request: Omit<BodyRequest, 'body' | 'sizeBytes'> & Sent,
  ): Promise<AnswerHeaders> {
    const { operation, onProgress, ...wanted } = request
    return await sendRange(body, start, end, { operation, onProgress }, (bytes) =>
      this.#dataPlane.send({ ...wanted, sizeBytes: end - start, body: bytes }),
    )
  }

  /** Runs one request with its errors translated. */
  async call<T>(wanted: Wanted, work: (send: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> {
    checkSignal(wanted.signal, wanted.operation)
    try {
      return await work(wanted.signal === undefined ? {} : { abortSignal: wanted.signal })
    } catch (error) {
      const { bucket, region, endpoint } = this.#options
      throw s3Error(error, { bucket, region, endpoint, ...wanted })
    }
  }

  /** Frees sockets. */
  close(): void {
    this.#sdk?.then(
      ({ client }) => client.destroy(),
      () => {},
    )
    this.#lease.release()
  }
}
