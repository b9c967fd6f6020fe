/**
 * Explaining at the customer's: the administrator has the policies and the set-up kit, and no Drawbridge. What a
 * connection would say comes from the kit instead; nothing is called in anybody's name.
 */
import { DrawbridgeError, systemClock, systemRandom } from '../base/index.ts'
import { type ConnectionContext, diagnosePolicies } from '../connection/index.ts'
import { type Connection, connection as connectionShape, type Diagnosis, type Purpose } from '../contract/index.ts'
import { SessionCache } from '../credentials/index.ts'
import type { ExplainInput } from './diagnosis.ts'
import { inputInvalid } from './input.ts'

/** What the set-up kit says about the access in question. */
export interface GuestSubject {
  readonly roleArn: string
  readonly bucket: string
  /** Empty, or ending in a slash. */
  readonly rootPath: string
  readonly region: string
  readonly purpose: Purpose
  /** The principal of Drawbridge, which the trust policy names; for an ID token, the identity provider's ARN. */
  readonly principal: string
  /** Null: an ID token opens the role. */
  readonly externalId: string | null
  /** What the ID token says. */
  readonly token?: { readonly subject: string; readonly audience: string }
  /** Null: the bucket's default encryption. */
  readonly kmsKeyArn: string | null
}

/**
 * Explains from policies alone, for somebody without a connection.
 * @throws input-invalid when a fact or a policy does not have its form
 */
export function explainAsGuest(
  subject: GuestSubject,
  policies: NonNullable<ExplainInput['policies']>,
): Promise<Diagnosis> {
  const identity = { tags: {}, sourceIdentity: 'drawbridge', sessionName: 'drawbridge' }
  return diagnosePolicies(connectionOf(subject), identity, policies, contextOf(subject.principal))
}

function connectionOf(subject: GuestSubject): Connection {
  const { roleArn, bucket, rootPath, region, purpose, externalId, kmsKeyArn, token, principal } = subject
  const parsed = connectionShape.safeParse({
    id: 'guest',
    tenant: 'guest',
    name: 'guest',
    purpose,
    location: { service: 's3', uri: `s3://${bucket}`, rootPath, region, bucketOwner: roleArn.split(':')[4] ?? '' },
    authentication: {
      kind: 'role',
      roleArn,
      externalId,
      externalIdOrigin: externalId === null ? 'none' : 'generated',
      ...(token === undefined ? {} : { webIdentity: { tokens: 'issuer', issuer: issuerOf(principal), ...token } }),
      stsRegion: region,
      durationSeconds: 3600,
    },
    identityMapping: { sourceIdentityClaim: 'sub', tags: [] },
    writing: {
      acl: 'none',
      encryption: kmsKeyArn === null ? { kind: 'bucket-default' } : { kind: 'sse-kms', keyArn: kmsKeyArn },
      resume: false,
    },
    state: 'unverified',
    version: 1,
    createdAt: systemClock.now().toISOString(),
    warnings: [],
  })
  if (parsed.success) return parsed.data
  throw inputInvalid(parsed.error.issues, 'diagnosis.explain')
}

/** The issuer that a provider's ARN names. @throws input-invalid */
function issuerOf(providerArn: string): string {
  const address = /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/(.+)$/.exec(providerArn)?.[1]
  if (address !== undefined) return `https://${address}`
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: `\`${providerArn}\` is not the ARN of an OpenID Connect provider`,
    operation: 'diagnosis.explain',
    help: 'for a role that an ID token opens, the principal is `arn:aws:iam::<account>:oidc-provider/<issuer>`, as the kit says it',
  })
}

function contextOf(principal: string): ConnectionContext {
  const nobody = (): Promise<never> => Promise.reject(new TypeError('a guest assumes no role'))
  const [, partition = 'aws', , , account = '', resource = ''] = principal.split(':')
  const role = resource.split('/').at(-1) ?? ''
  const callerArn = resource.startsWith('role/')
    ? `arn:${partition}:sts::${account}:assumed-role/${role}/drawbridge`
    : principal
  return {
    clock: systemClock,
    random: systemRandom,
    base: { credentials: nobody, whoAmI: async () => ({ account, callerArn, principalArn: principal }) },
    sessions: new SessionCache({ clock: systemClock, assume: nobody }),
    egress: 'dynamic',
    observedAddress: null,
    ownAccounts: [],
    allowedEndpoints: [],
    evidencePublicKeyPem: '',
    stsEndpoint: null,
  }
}
