/** Our own AWS identity, from wherever this deployment has it: environment, shared files, container, instance, web identity. */
import type { Clock } from '../base/index.ts'
import { DrawbridgeError, Secret } from '../base/index.ts'
import type { CallerIdentity } from './caller-identity.ts'
import { callerIdentity } from './caller-identity.ts'
import type { AwsCredentials, BaseIdentity } from './types.ts'

/** The shape of the AWS SDK's credential providers. */
export type CredentialProvider = () => Promise<{
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}>

/** What a base identity is made of. */
export interface BaseIdentityOptions {
  /** Absent: the standard provider chain of the AWS SDK, loaded when it is first needed. */
  readonly provider?: CredentialProvider
  readonly region: string
  /** Null: the region's own STS. */
  readonly stsEndpoint: string | null
  readonly clock: Clock
}

/** Credentials are asked for again when less than this is left of them. */
const refreshBeforeMs = 5 * 60_000
/** Credentials that name no end are read again after this time, so that a changed file or variable is noticed. */
const rereadAfterMs = 5 * 60_000

async function standardChain(): Promise<CredentialProvider> {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
  return fromNodeProviderChain()
}

function noIdentity(error: unknown): DrawbridgeError {
  // The SDK's message lists what was tried; it may quote paths and URLs of this deployment, so only its name is kept.
  const name = error instanceof Error ? error.name : 'Unknown'
  return new DrawbridgeError({
    code: 'no-base-identity',
    message: 'no AWS credentials were found for this deployment',
    operation: 'credentials.load',
    context: { providerCode: name },
    help: 'give the process a role (container, instance, web identity) or set the AWS_* variables, then try again',
  })
}

class ProvidedIdentity implements BaseIdentity {
  readonly #options: BaseIdentityOptions
  #provider: CredentialProvider | null
  #held: { readonly credentials: AwsCredentials; readonly readAt: number } | null = null
  #loading: Promise<AwsCredentials> | null = null
  #identity: { readonly accessKeyId: string; readonly caller: Promise<CallerIdentity> } | null = null

  constructor(options: BaseIdentityOptions) {
    this.#options = options
    this.#provider = options.provider ?? null
  }

  async credentials(): Promise<AwsCredentials> {
    const held = this.#held
    const now = this.#options.clock.now().getTime()
    if (held !== null) {
      const end = held.credentials.expiresAt?.getTime()
      if (end === undefined ? now - held.readAt < rereadAfterMs : end - now > refreshBeforeMs) return held.credentials
    }
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  async #load(): Promise<AwsCredentials> {
    try {
      this.#provider ??= await standardChain()
      const found = await this.#provider()
      const credentials: AwsCredentials = {
        accessKeyId: found.accessKeyId,
        secretAccessKey: new Secret(found.secretAccessKey),
        ...(found.sessionToken ? { sessionToken: new Secret(found.sessionToken) } : {}),
        ...(found.expiration === undefined ? {} : { expiresAt: found.expiration }),
      }
      this.#held = { credentials, readAt: this.#options.clock.now().getTime() }
      return credentials
    } catch (error) {
      // A source that fails for a moment does no harm while what it gave before still lasts.
      const held = this.#held?.credentials
      if (held?.expiresAt !== undefined && held.expiresAt > this.#options.clock.now()) return held
      throw noIdentity(error)
    }
  }

  async whoAmI(): Promise<CallerIdentity> {
    const credentials = await this.credentials()
    if (this.#identity?.accessKeyId !== credentials.accessKeyId) {
      const { region, stsEndpoint } = this.#options
      const caller = callerIdentity(credentials, { region, endpoint: stsEndpoint })
      const identity = { accessKeyId: credentials.accessKeyId, caller }
      this.#identity = identity
      // A failure is not an answer: the next caller asks again.
      caller.catch(() => {
        if (this.#identity === identity) this.#identity = null
      })
    }
    return this.#identity.caller
  }
}

/**
 * Makes the base identity. Nothing is read or called until it is asked for; credentials are kept until five minutes before
 * their end, and `whoAmI` is asked once per access key.
 */
export function createBaseIdentity(options: BaseIdentityOptions): BaseIdentity {
  return new ProvidedIdentity(options)
}
