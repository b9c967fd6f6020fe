/**
 * The issuer of one chain's ID tokens: our own, with a key that we publish, or a platform that writes them into a file. And the
 * identity provider that the customer's account registers for it.
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  RemoveClientIDFromOpenIDConnectProviderCommand,
} from '@aws-sdk/client-iam'
import { ManualClock, Secret, systemClock, systemRandom } from '../../src/base/index.ts'
import { type IdentityTokens, issuedTokens, projectedTokens, readSigningKey } from '../../src/credentials/index.ts'
import { customerAccountId } from '../../src/sandbox/index.ts'
import type { AwsStage } from './aws-stage.ts'

export const audience = 'sts.amazonaws.com'
/** Whom a platform's tokens speak for. */
const workload = 'system:serviceaccount:export:drawbridge'

/** One issuer, its tokens, and its registration. */
export class TokenIssuer {
  readonly url: string
  /** As the condition keys begin: the address without its scheme. */
  readonly prefix: string
  tokens: IdentityTokens
  readonly #stage: AwsStage
  readonly #folder: string | null

  private constructor(stage: AwsStage, name: string, isPlatform: boolean) {
    this.#stage = stage
    this.prefix = `drawbridge.example.com/${name}`
    this.url = `https://${this.prefix}`
    this.#folder = isPlatform ? mkdtempSync(join(tmpdir(), 'drawbridge-token-')) : null
    this.tokens = this.signing()
    this.publish(this.tokens)
  }

  /** Opens an issuer with a key of its own, which is published. Close it. */
  static async open(stage: AwsStage, name: string, isPlatform: boolean): Promise<TokenIssuer> {
    const issuer = new TokenIssuer(stage, name, isPlatform)
    if (isPlatform) await issuer.project(systemClock.now())
    return issuer
  }

  close(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true })
  }

  /** Tokens under a new key, of this issuer or another; nobody is told the key. */
  signing(issuer = this.url, now: Date | null = null): IdentityTokens {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const key = readSigningKey(new Secret(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()))
    if (!key.ok) throw new Error(key.error)
    const clock = now === null ? systemClock : new ManualClock(now)
    return issuedTokens({ issuer, audience, tenant: 'tenant-a', keys: [key.value], clock, random: systemRandom })
  }

  /** Serves the keys of these tokens below the issuer's address; null: what is served there has no keys. */
  publish(tokens: IdentityTokens | null): void {
    this.#stage.sandbox.setIssuerKeys(this.url, tokens === null ? null : JSON.parse(tokens.documents?.keySet ?? ''))
  }

  /** Writes a token as the platform does, made at a time, and reads tokens from that file. */
  async project(madeAt: Date): Promise<void> {
    const signing = this.signing(this.url, madeAt)
    this.publish(signing)
    const identity = { issuer: this.url, audience, subject: workload }
    const token = await signing.token({ ...identity, connection: '', tags: {}, sourceIdentity: null })
    const file = join(this.#folder ?? '', 'token')
    writeFileSync(file, token.reveal())
    this.tokens = projectedTokens({ file, clock: systemClock })
  }

  get #at(): { OpenIDConnectProviderArn: string } {
    return { OpenIDConnectProviderArn: `arn:aws:iam::${customerAccountId}:oidc-provider/${this.prefix}` }
  }

  /** Registers the issuer in the customer's account. */
  async register(): Promise<void> {
    await this.#stage.iam.send(new CreateOpenIDConnectProviderCommand({ Url: this.url, ClientIDList: [audience] }))
  }

  async unregister(): Promise<void> {
    await this.#stage.iam.send(new DeleteOpenIDConnectProviderCommand(this.#at))
  }

  /** Takes our audience off the provider's list. */
  async unlistAudience(): Promise<void> {
    await this.#stage.iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand({ ...this.#at, ClientID: audience }))
  }

  async listAudience(): Promise<void> {
    await this.#stage.iam.send(new AddClientIDToOpenIDConnectProviderCommand({ ...this.#at, ClientID: audience }))
  }
}
