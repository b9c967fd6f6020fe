/**
 * Explaining at the customer's: the administrator has the policies and the set-up kit, and no Drawbridge. What a
 * connection would say comes from the kit instead; nothing is called in anybody's name.
 */
import { systemClock, systemRandom } from '../base/index.ts'
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
  /** The principal of Drawbridge, which the trust policy names. */
  readonly principal: string
  readonly externalId: string
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
  const { roleArn, bucket, rootPath, region, purpose, externalId, kmsKeyArn } = subject
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
      externalIdOrigin: 'generated',
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
