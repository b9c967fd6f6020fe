/** The vendor's side of the connection room on a sandbox: who we are, by our base role or by ID tokens, and what we may call. */
import { systemClock, systemRandom } from '../../src/base/index.ts'
import type { ConnectionContext } from '../../src/connection/index.ts'
import {
  assumeRole,
  assumeRoleWithWebIdentity,
  createBaseIdentity,
  type IdentityTokens,
  SessionCache,
} from '../../src/credentials/index.ts'
import { type Sandbox, vendorAccountId } from '../../src/sandbox/index.ts'

/** Our base role in the sandbox. */
export const baseRoleName = 'drawbridge-base'

/** Surroundings that have met nobody yet: no session, and not even our own name. */
export function vendorContext(
  sandbox: Sandbox,
  region: string,
  change: Partial<ConnectionContext> = {},
): ConnectionContext {
  const clock = systemClock
  const base = createBaseIdentity({
    provider: async () => {
      const found = sandbox.containerCredentials(null, baseRoleName)
      if (found === null) throw new Error('the sandbox has no base role')
      return found
    },
    region,
    stsEndpoint: sandbox.endpoint,
    clock,
  })
  const tokens = change.tokens ?? null
  return {
    clock,
    random: systemRandom,
    base,
    sessions: new SessionCache({
      clock,
      assume: async (request) =>
        request.webIdentity === undefined
          ? assumeRole(await base.credentials(), request, { clock })
          : assumeRoleWithWebIdentity(known(tokens), request, { clock }),
    }),
    egress: 'dynamic',
    observedAddress: null,
    ownAccounts: [vendorAccountId],
    allowedEndpoints: [sandbox.endpoint],
    evidencePublicKeyPem: '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n',
    stsEndpoint: sandbox.endpoint,
    ...change,
  }
}

function known(tokens: IdentityTokens | null): IdentityTokens {
  if (tokens === null) throw new TypeError('these surroundings have no ID tokens')
  return tokens
}
