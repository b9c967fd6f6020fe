/**
 * Which ways of giving access this deployment can take, and why not the others. A role needs AWS credentials of our own that
 * renew themselves, which exist on AWS and on machines of one's own; elsewhere an ID token of ours opens it, where one is
 * configured. Long-lived AWS keys in our hands, to assume roles with, would be worse than a key of the customer's.
 */
import type { AuthenticationOffer } from '../../contract/index.ts'
import type { ConnectionContext, Hosting } from '../context.ts'

type Surroundings = Pick<ConnectionContext, 'hosting' | 'base' | 'tokens'>

const foreignNames: Readonly<Partial<Record<Hosting, string>>> = { azure: 'Azure', gcp: 'Google Cloud' }

/** Why a role can not be assumed with credentials of our own; null when it can. */
export function roleWithheld({ hosting = 'local', base }: Surroundings): string | null {
  const foreign = foreignNames[hosting]
  if (foreign !== undefined) {
    return `this deployment runs on ${foreign} and has no AWS credentials that renew themselves`
  }
  return base === null ? 'this deployment has no AWS identity of its own' : null
}

const tokensWithheld = 'web-identity federation is not configured: `webIdentity` in the configuration sets it up'

/** Lists the ways in the order in which they should be considered. */
export function authenticationOffers(around: Surroundings): AuthenticationOffer[] {
  const role = roleWithheld(around)
  return [
    { mode: 'role', isOffered: role === null, ...(role === null ? {} : { reason: role }) },
    around.tokens
      ? { mode: 'role-web-identity', isOffered: true }
      : { mode: 'role-web-identity', isOffered: false, reason: tokensWithheld },
    { mode: 'access-key', isOffered: true },
    { mode: 'sas', isOffered: true },
  ]
}
