/**
 * ID tokens by which AWS may know us where we have no AWS identity: signed by an issuer of our own, each for the connection that
 * asks, or read from a file into which a platform projects them. What STS makes of them is `assume-role-with-web-identity.ts`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html
 */
import { readFile } from 'node:fs/promises'
import type { Clock, Random } from '../base/index.ts'
import { DrawbridgeError, Secret } from '../base/index.ts'
import { type IssuerDocuments, issuerDocuments, type SigningKey, signToken } from './token-signing.ts'

/** Whom a token speaks for. Customers' trust policies compare all three. */
export interface TokenIdentity {
  /** `iss`: an https address without a slash at its end. */
  readonly issuer: string
  /** `aud`. */
  readonly audience: string
  /** `sub`. */
  readonly subject: string
}

/** One token as it is wanted. */
export interface TokenNeed extends TokenIdentity {
  /** The connection's name: a file of its own may hold its tokens. */
  readonly connection: string
  /** Session tags and source identity have no parameters in AssumeRoleWithWebIdentity; they travel in the token. */
  readonly tags: Readonly<Record<string, string>>
  readonly sourceIdentity: string | null
}

/** Where our ID tokens come from. */
export interface IdentityTokens {
  /** `issuer`: we sign them, for any subject of ours. `file`: they are what somebody else made them. */
  readonly kind: 'issuer' | 'file'
  /** What we must publish so that AWS can check our tokens; null where somebody else does. */
  readonly documents: IssuerDocuments | null
  /** Tells whom the tokens of a connection speak for; `reference` is part of the subject where we choose it. @throws no-base-identity */
  identityFor(connection: string, reference: string): Promise<TokenIdentity>
  /** Returns a token, good for at least the moment. @throws no-base-identity */
  token(need: TokenNeed): Promise<Secret>
  /**
   * Tells of which genuine tokens a role must refuse, to try whether it does: each differs from ours in one claim alone.
   *
   * @param reference made for this one trial
   * @throws no-base-identity when a token that is there for this can not be used
   */
  strangers(own: TokenIdentity, reference: string): Promise<Strangers>
}

/** Whom else a genuine token of the same issuer speaks for. Null: no such token can be had. */
export interface Strangers {
  /** The same subject for another audience. */
  readonly audience: TokenIdentity | null
  /** Another subject for the same audience. */
  readonly subject: TokenIdentity | null
}

/** Tokens live this long: one call to STS, whose answer is kept. */
const lifeSeconds = 300

/** What an issuer of our own is made of. */
export interface TokenIssuerOptions {
  readonly issuer: string
  readonly audience: string
  readonly tenant: string
  /** The first signs; all are published. At least one. */
  readonly keys: readonly SigningKey[]
  readonly clock: Clock
  readonly random: Random
}

/** Makes the tokens of an issuer of our own. Every connection has a subject of its own: `drawbridge:<tenant>:<reference>`. */
export function issuedTokens(options: TokenIssuerOptions): IdentityTokens {
  const { issuer, audience, tenant, keys, clock, random } = options
  const [key] = keys
  if (key === undefined) throw new TypeError('an issuer needs a key')
  return {
    kind: 'issuer',
    documents: issuerDocuments(issuer, keys),
    identityFor: async (_connection, reference) => ({ issuer, audience, subject: `drawbridge:${tenant}:${reference}` }),
    token: async (need) => {
      if (need.issuer !== issuer) throw otherIdentity('issuer', need.issuer, issuer)
      const seconds = Math.floor(clock.now().getTime() / 1000)
      const tags = Object.entries(need.tags).map(([tag, value]) => [tag, [value]] as const)
      const claims = {
        iss: issuer,
        sub: need.subject,
        aud: need.audience,
        iat: seconds,
        exp: seconds + lifeSeconds,
        jti: Buffer.from(random.bytes(16)).toString('base64url'),
        ...(tags.length === 0 ? {} : { 'https://aws.amazon.com/tags': { principal_tags: Object.fromEntries(tags) } }),
        ...(need.sourceIdentity === null ? {} : { 'https://aws.amazon.com/source_identity': need.sourceIdentity }),
      }
      return new Secret(signToken(key, claims))
    },
    strangers: async (own, reference) => ({
      audience: { ...own, audience: reference },
      // The subject that another connection of the same tenant could have: what a wildcard at its end would let in.
      subject: { ...own, subject: `${own.subject.slice(0, own.subject.lastIndexOf(':') + 1)}${reference}` },
    }),
  }
}

/** Where a platform's tokens lie. */
export interface ProjectedTokensOptions {
  readonly file: string
  /** Further tokens of the platform, for another audience or of another subject, to try that they are refused. */
  readonly otherFiles?: readonly string[]
  readonly clock: Clock
}

interface ProjectedToken {
  readonly text: string
  readonly identity: TokenIdentity
  readonly endsAt: Date
}

/**
 * Makes the tokens of a file, which is read again for every session: platforms replace it before its token ends.
 * `{connection}` in the path stands for the connection's name, so that every connection can have a token, and with it an
 * audience, of its own.
 */
export function projectedTokens({ file, otherFiles = [], clock }: ProjectedTokensOptions): IdentityTokens {
  const read = async (path: string): Promise<ProjectedToken> => {
    const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw unusable(`the ID token’s file can not be read (${cause.code ?? cause.name})`)
    })
    return { text: text.trim(), ...readClaims(text.trim()) }
  }
  const ownOf = (connection: string): Promise<ProjectedToken> => read(file.replaceAll('{connection}', connection))
  const others = (): Promise<ProjectedToken[]> => Promise.all(otherFiles.map(read))
  return {
    kind: 'file',
    documents: null,
    identityFor: async (connection) => (await ownOf(connection)).identity,
    token: async (need) => {
      const own = await ownOf(need.connection)
      const different = claimNames.find((name) => own.identity[name] !== need[name])
      const found = different === undefined ? own : (await others()).find(({ identity }) => isSame(identity, need))
      if (found === undefined) {
        const name = different ?? 'subject'
        throw otherIdentity(name, need[name], own.identity[name])
      }
      const { text, endsAt } = found
      if (endsAt <= clock.now()) throw unusable(`the ID token in its file ended at ${endsAt.toISOString()}`)
      return new Secret(text)
    },
    strangers: async (own) => {
      const identities = (await others()).map(({ identity }) => identity)
      const differingIn = (claim: 'audience' | 'subject'): TokenIdentity | null =>
        identities.find((one) => one[claim] !== own[claim] && isSame({ ...one, [claim]: own[claim] }, own)) ?? null
      return { audience: differingIn('audience'), subject: differingIn('subject') }
    },
  }
}

const claimNames = ['issuer', 'audience', 'subject'] as const

function isSame(one: TokenIdentity, other: TokenIdentity): boolean {
  return claimNames.every((name) => one[name] === other[name])
}

const longestToken = 20_000

/** Reads what a token says, without believing it: whether it is genuine is for AWS to check. @throws no-base-identity */
function readClaims(text: string): { readonly identity: TokenIdentity; readonly endsAt: Date } {
  const claims = text.length > longestToken ? null : payloadOf(text)
  if (claims === null) throw unusable('the ID token’s file does not hold a JSON Web Token')
  const { iss, sub, aud, exp } = claims
  const audience: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  if (typeof iss !== 'string' || typeof sub !== 'string' || typeof audience !== 'string' || typeof exp !== 'number') {
    throw unusable('the ID token in its file lacks `iss`, `sub`, `exp`, or one `aud`')
  }
  return { identity: { issuer: iss.replace(/\/+$/, ''), audience, subject: sub }, endsAt: new Date(exp * 1000) }
}

function payloadOf(text: string): Readonly<Record<string, unknown>> | null {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(text)?.[1]
  if (payload === undefined) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}

function unusable(message: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'no-base-identity',
    message,
    operation: 'identity-token.load',
    help: 'look at `webIdentity` in the configuration, and at who writes the file',
  })
}

/** A connection is bound to one identity for good; the trust policy would refuse any other. */
function otherIdentity(name: string, wanted: string, found: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'no-base-identity',
    message: `the connection was set up for the ID token ${name} \`${wanted}\`, and ours is now \`${found}\``,
    operation: 'identity-token.load',
    help: 'put `webIdentity` back, or make a new connection and hand out its kit',
  })
}
