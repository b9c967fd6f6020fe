/**
 * OpenID Connect: the authorization code flow with PKCE, state and nonce. What was begun is bound to the browser by a
 * cookie and used once. Whoever comes back is known by issuer and subject, never by e-mail; the claims are the ID token's.
 */
import * as oidc from 'openid-client'
import { type Clock, DrawbridgeError, type Random, type Secret } from '../../base/index.ts'
import { type Caller, type RightsRule, readClaims, rightsOf } from '../../operations/index.ts'
import { loopbackHosts } from '../guards.ts'
import { Bearers } from './bearers.ts'

/** The identity provider of a deployment. */
export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  /** Null: a public client; PKCE alone protects the code. */
  readonly clientSecret: Secret | null
  /** The public client of people at a terminal; null: nobody signs in there. */
  readonly terminalClientId: string | null
  /** `openid` is always asked for. */
  readonly scopes: readonly string[]
  /** Lets an issuer on loopback be spoken to over plain http; any other one never is. */
  readonly allowInsecureLoopback: boolean
}

interface PendingSignIn {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly returnPath: string
  readonly expiresAt: number
}

const signInMilliseconds = 10 * 60_000
const maximumPending = 1000

/** The relying party's side of one identity provider. */
export class IdentityProvider {
  readonly #settings: OidcSettings
  readonly #rights: RightsRule
  readonly #redirectUri: string
  readonly #clock: Clock
  readonly #random: Random
  readonly #pending = new Map<string, PendingSignIn>()
  #configuration: Promise<oidc.Configuration> | null = null

  constructor(settings: OidcSettings, rights: RightsRule, redirectUri: string, clock: Clock, random: Random) {
    checkIssuer(settings)
    this.#settings = settings
    this.#rights = rights
    this.#redirectUri = redirectUri
    this.#clock = clock
    this.#random = random
  }

  /**
   * Begins a sign-in: where to send the browser, and the value of the cookie that binds it.
   * @throws unavailable when the provider's discovery document can not be read
   */
  async begin(returnPath: string): Promise<{ readonly location: string; readonly binding: string }> {
    const configuration = await this.#discover()
    const pending: PendingSignIn = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      codeVerifier: oidc.randomPKCECodeVerifier(),
      returnPath,
      expiresAt: this.#clock.now().getTime() + signInMilliseconds,
    }
    const location = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#redirectUri,
      scope: [...new Set(['openid', ...this.#settings.scopes])].join(' '),
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pending.codeVerifier),
      code_challenge_method: 'S256',
    })
    const binding = Buffer.from(this.#random.bytes(32)).toString('base64url')
    this.#remember(binding, pending)
    return { location: location.href, binding }
  }

  /**
   * Ends a sign-in: exchanges the code and checks the ID token.
   * @param query the query of the address that the provider sent the browser back to
   * @throws unauthenticated when anything does not fit what was begun; unavailable when the provider does not answer
   */
  async complete(
    binding: string | null,
    query: string,
  ): Promise<{ readonly caller: Caller; readonly returnPath: string }> {
    const pending = this.#take(binding)
    if (pending === null) throw signInRefused('the sign-in was not begun in this browser, or too long ago', undefined)
    const configuration = await this.#discover()
    const currentUrl = new URL(this.#redirectUri)
    currentUrl.search = query
    const tokens = await oidc
      .authorizationCodeGrant(configuration, currentUrl, {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.codeVerifier,
        idTokenExpected: true,
      })
      .catch((error: unknown) => {
        throw signInRefused(`the identity provider's answer was refused: ${reasonOf(error)}`, error)
      })
    const claims = tokens.claims()
    if (claims === undefined) throw signInRefused('the identity provider sent no ID token', undefined)
    return { caller: this.#callerOf(claims), returnPath: pending.returnPath }
  }

  /** People who come with an ID token of the terminal's client; null when there is no such client. */
  bearers(): Bearers | null {
    const { issuer, terminalClientId } = this.#settings
    if (terminalClientId === null) return null
    return new Bearers({
      clock: this.#clock,
      issuer,
      audience: terminalClientId,
      keysAddress: async () => keysAddressOf((await this.#discover()).serverMetadata(), this.#settings),
      callerOf: (claims) => this.#callerOf(claims),
    })
  }

  /** What a terminal needs to know to sign somebody in; null when nobody signs in there. */
  terminal(): { readonly issuer: string; readonly clientId: string; readonly scopes: readonly string[] } | null {
    const { issuer, terminalClientId, scopes } = this.#settings
    return terminalClientId === null ? null : { issuer, clientId: terminalClientId, scopes }
  }

  #callerOf(claims: Readonly<Record<string, unknown>>): Caller {
    const kept = readClaims(claims)
    const named = kept['name'] ?? kept['preferred_username'] ?? kept['email']
    return {
      actor: {
        kind: 'person',
        issuer: String(claims['iss']),
        subject: String(claims['sub']),
        ...(typeof named === 'string' ? { displayName: named } : {}),
      },
      claims: kept,
      rights: rightsOf(kept, this.#rights),
    }
  }

  #discover(): Promise<oidc.Configuration> {
    this.#configuration ??= discover(this.#settings).catch((error: unknown) => {
      // The next sign-in asks again: a provider that was down once must not lock everybody out.
      this.#configuration = null
      throw new DrawbridgeError({
        code: 'unavailable',
        retry: 'later',
        message: `the identity provider \`${this.#settings.issuer}\` can not be reached or read`,
        operation: 'sign-in',
        help: 'check `oidc.issuer` in the configuration: <issuer>/.well-known/openid-configuration has to answer',
        cause: error,
      })
    })
    return this.#configuration
  }

  #remember(binding: string, pending: PendingSignIn): void {
    for (const oldest of this.#pending.keys()) {
      if (this.#pending.size < maximumPending) break
      this.#pending.delete(oldest)
    }
    this.#pending.set(binding, pending)
  }

  #take(binding: string | null): PendingSignIn | null {
    if (binding === null) return null
    const pending = this.#pending.get(binding)
    this.#pending.delete(binding)
    return pending !== undefined && pending.expiresAt > this.#clock.now().getTime() ? pending : null
  }
}

/** Keys come the same protected way as everything else of the provider. @throws unavailable */
function keysAddressOf(metadata: oidc.ServerMetadata, settings: OidcSettings): URL {
  const address = new URL(metadata.jwks_uri ?? 'about:blank')
  if (address.protocol === 'https:' || (isPlainLoopback(address) && settings.allowInsecureLoopback)) return address
  throw new DrawbridgeError({
    code: 'unavailable',
    message: 'the identity provider names no address for its keys that could be trusted',
    operation: 'sign-in',
  })
}

function isPlainLoopback(address: URL): boolean {
  return address.protocol === 'http:' && loopbackHosts.has(address.hostname)
}

/** @throws configuration-invalid for a plain-http issuer that is not on loopback, or not allowed to be */
function checkIssuer(settings: OidcSettings): void {
  const issuer = new URL(settings.issuer)
  if (issuer.protocol === 'https:') return
  if (issuer.protocol === 'http:' && settings.allowInsecureLoopback && loopbackHosts.has(issuer.hostname)) return
  throw new DrawbridgeError({
    code: 'configuration-invalid',
    message: `the issuer \`${settings.issuer}\` is not https`,
    help: 'only an issuer on loopback may be plain http, with `oidc.allowInsecureLoopback`',
  })
}

function discover(settings: OidcSettings): Promise<oidc.Configuration> {
  const authentication =
    settings.clientSecret === null ? oidc.None() : oidc.ClientSecretBasic(settings.clientSecret.reveal())
  const isPlain = new URL(settings.issuer).protocol === 'http:'
  return oidc.discovery(new URL(settings.issuer), settings.clientId, undefined, authentication, {
    timeout: 10,
    // Reached only for loopback issuers: checkIssuer has refused all others.
    ...(isPlain ? { execute: [oidc.allowInsecureRequests] } : {}),
  })
}

/** The library's stable code, or the provider's own: neither carries a token. */
function reasonOf(error: unknown): string {
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError) {
    return /^[\w.-]{1,64}$/.test(error.error) ? error.error : 'an error'
  }
  if (error instanceof oidc.ClientError) return error.code ?? 'not as asked for'
  return 'not as asked for'
}

function signInRefused(message: string, cause: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'unauthenticated',
    message,
    operation: 'sign-in',
    help: 'sign in again from the start page',
    cause,
  })
}
