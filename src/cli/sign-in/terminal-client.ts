/**
 * The terminal as a client of the identity provider: a native application without a secret. It signs in by the
 * authorization code with PKCE on a loopback redirect, or by the device flow, and renews what it got.
 * @see https://www.rfc-editor.org/rfc/rfc8252 https://www.rfc-editor.org/rfc/rfc8628
 */
import * as oidc from 'openid-client'
import { z } from 'zod'
import { DrawbridgeError } from '../../base/index.ts'
import type { SignIn } from './kept-sign-ins.ts'
import { listenForAnswer } from './loopback.ts'

/** What a server tells about signing in at a terminal. */
export const terminalSettings = z.object({ issuer: z.url(), clientId: z.string(), scopes: z.array(z.string()) })
export type TerminalSettings = z.infer<typeof terminalSettings>

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** What a person is shown while signing in. */
export interface Guide {
  /** The address to open; with `code` where the person has to compare or type one. */
  show(address: string, code: string | null): void
  readonly signal: AbortSignal
}

/** The terminal's side of one identity provider. */
export class TerminalClient {
  readonly #settings: TerminalSettings
  readonly #configuration: oidc.Configuration

  private constructor(settings: TerminalSettings, configuration: oidc.Configuration) {
    this.#settings = settings
    this.#configuration = configuration
  }

  /** Reads what the provider offers. @throws unavailable | configuration-invalid — an issuer that is not protected */
  static async discover(settings: TerminalSettings): Promise<TerminalClient> {
    const issuer = new URL(settings.issuer)
    const isPlain = issuer.protocol === 'http:'
    if (issuer.protocol !== 'https:' && !(isPlain && loopback.has(issuer.hostname))) {
      throw new DrawbridgeError({
        code: 'configuration-invalid',
        message: `the issuer \`${settings.issuer}\` is not https`,
        operation: 'sign-in',
      })
    }
    try {
      const configuration = await oidc.discovery(issuer, settings.clientId, undefined, oidc.None(), {
        timeout: 10,
        ...(isPlain ? { execute: [oidc.allowInsecureRequests] } : {}),
      })
      return new TerminalClient(settings, configuration)
    } catch (cause) {
      throw new DrawbridgeError({
        code: 'unavailable',
        retry: 'later',
        message: `the identity provider \`${settings.issuer}\` can not be reached or read`,
        operation: 'sign-in',
        cause,
      })
    }
  }

  get offersDeviceFlow(): boolean {
    return this.#configuration.serverMetadata().device_authorization_endpoint !== undefined
  }

  /** Signs in through a browser of this machine. @throws unauthenticated | cancelled */
  async byBrowser(guide: Guide): Promise<SignIn> {
    const answer = await listenForAnswer(guide.signal)
    try {
      const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()]
      const address = oidc.buildAuthorizationUrl(this.#configuration, {
        redirect_uri: answer.redirectUri,
        scope: this.#scope(),
        // A refresh token is only given to whoever agreed to it.
        prompt: 'consent',
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      guide.show(address.href, null)
      const url = await answer.arrived
      const tokens = await oidc
        .authorizationCodeGrant(this.#configuration, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        })
        .catch((error: unknown) => {
          throw refused(error)
        })
      answer.thank()
      return this.#signInOf(tokens)
    } finally {
      await answer.close()
    }
  }

  /** Signs in through a browser of any machine. @throws unauthenticated | cancelled | unavailable */
  async byDevice(guide: Guide): Promise<SignIn> {
    const begun = await oidc
      .initiateDeviceAuthorization(this.#configuration, { scope: this.#scope(), prompt: 'consent' })
      .catch((error: unknown) => {
        throw refused(error)
      })
    guide.show(begun.verification_uri_complete ?? begun.verification_uri, begun.user_code)
    const tokens = await oidc
      .pollDeviceAuthorizationGrant(this.#configuration, begun, undefined, { signal: guide.signal })
      .catch((error: unknown) => {
        throw guide.signal.aborted ? cancelled() : refused(error)
      })
    return this.#signInOf(tokens)
  }

  /** Renews a sign-in; null when the provider does not want to any more. @throws unavailable */
  async refresh(signIn: SignIn): Promise<SignIn | null> {
    if (signIn.refreshToken === undefined) return null
    try {
      const tokens = await oidc.refreshTokenGrant(this.#configuration, signIn.refreshToken)
      const next = this.#signInOf(tokens)
      // A refresh must not turn one person into another.
      if (next.subject !== signIn.subject) return null
      return { ...next, refreshToken: next.refreshToken ?? signIn.refreshToken }
    } catch (error) {
      if (error instanceof oidc.ResponseBodyError || error instanceof DrawbridgeError) return null
      throw new DrawbridgeError({
        code: 'unavailable',
        retry: 'later',
        message: 'the identity provider does not renew the sign-in',
        operation: 'sign-in',
        help: 'try again; `drawbridge sign-in` begins anew',
        cause: error,
      })
    }
  }

  /** Tells the provider that the sign-in is over, where it wants to know. Failing is no reason not to forget it. */
  async revoke(signIn: SignIn): Promise<void> {
    const { revocation_endpoint: endpoint } = this.#configuration.serverMetadata()
    if (endpoint === undefined || signIn.refreshToken === undefined) return
    await oidc.tokenRevocation(this.#configuration, signIn.refreshToken).catch(() => {})
  }

  #scope(): string {
    return [...new Set(['openid', 'offline_access', ...this.#settings.scopes])].join(' ')
  }

  #signInOf(tokens: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers): SignIn {
    const claims = tokens.claims()
    if (claims === undefined || tokens.id_token === undefined) throw refused(null)
    const name = claims['name'] ?? claims['preferred_username']
    return {
      issuer: this.#settings.issuer,
      clientId: this.#settings.clientId,
      subject: claims.sub,
      ...(typeof name === 'string' ? { displayName: name } : {}),
      idToken: tokens.id_token,
      expiresAt: new Date(claims.exp * 1000).toISOString(),
      ...(tokens.refresh_token === undefined ? {} : { refreshToken: tokens.refresh_token }),
    }
  }
}

/** The provider's own code for it, which carries no token. */
function refused(error: unknown): DrawbridgeError {
  if (error instanceof DrawbridgeError) return error
  const isNamed = error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError
  const code = isNamed && /^[\w.-]{1,64}$/.test(error.error) ? `\`${error.error}\`` : 'an answer that does not fit'
  return new DrawbridgeError({
    code: 'unauthenticated',
    message: `the identity provider did not sign you in: ${code}`,
    operation: 'sign-in',
    help: 'try again with `drawbridge sign-in`',
    cause: error,
  })
}

function cancelled(): DrawbridgeError {
  return new DrawbridgeError({ code: 'cancelled', message: 'nobody was signed in', operation: 'sign-in' })
}
