/**
 * The customers' stores of the kill tests, as data that a process can be given, and the ways to them: with the rights that
 * the customer granted, and with the administrator's.
 */
import { Secret, systemClock, systemRandom } from '../../src/base/index.ts'
import type { OpenTarget, TargetAccess } from '../../src/delivery/index.ts'
import { azureStore, type ObjectStore, s3Store, withRetry } from '../../src/storage/index.ts'
import { type KillJob, targetAccess } from '../kill/target.ts'

/** A store, and what we may do there. */
export type Place =
  /** The sandbox: a role that the customer granted, with just the rights of the mode. */
  | { readonly kind: 'sandbox'; readonly job: KillJob; readonly administrator: S3Keys }
  /** Ceph RGW: a bucket of the key's own user. */
  | {
      readonly kind: 'rgw'
      readonly endpoint: string
      readonly bucket: string
      readonly keys: S3Keys
      readonly resume: boolean
    }
  /** Azurite: a container with a SAS token for us and another for its administrator. */
  | {
      readonly kind: 'azurite'
      readonly containerUrl: string
      readonly sas: string
      readonly administratorSas: string
      readonly resume: boolean
    }

interface S3Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Tells whether reports may be sent in parts there. */
export function mayResume(place: Place): boolean {
  return place.kind === 'sandbox' ? place.job.resume : place.resume
}

/** The way to a place with the granted rights. */
export function accessTo(place: Place): TargetAccess {
  if (place.kind === 'sandbox') return targetAccess(place.job)
  return {
    identityFor: async () => ({ tags: {}, sourceIdentity: 'operator', sessionName: 'operator' }),
    ready: async () => openPlace(place),
    open: async () => openPlace(place),
    explain: async (_tenant, _connection, _identity, error) => {
      throw error
    },
  }
}

function openPlace(place: Exclude<Place, { kind: 'sandbox' }>): OpenTarget {
  const store =
    place.kind === 'rgw' ? keyStore(place.endpoint, place.bucket, 'us-east-1', place.keys) : sasStore(place, place.sas)
  const service = place.kind === 'rgw' ? 's3' : 'azblob'
  const location = place.kind === 'rgw' ? `s3://${place.bucket}` : place.containerUrl
  return {
    store: withRetry(store, { clock: systemClock, random: systemRandom }),
    rootPath: 'exports/',
    writing: { acl: 'none', encryption: { kind: 'bucket-default' }, resume: place.resume },
    purpose: 'export',
    facts: { service, location },
    renew: async () => {},
    close: () => store.close(),
  }
}

/** The way to a place for whoever looks afterwards what stands there. */
export function administratorOf(place: Place): ObjectStore {
  const { random, clock } = { random: systemRandom, clock: systemClock }
  if (place.kind === 'azurite') return withRetry(sasStore(place, place.administratorSas), { clock, random })
  if (place.kind === 'rgw') {
    return withRetry(keyStore(place.endpoint, place.bucket, 'us-east-1', place.keys), { clock, random })
  }
  const { endpoint, bucket, region } = place.job
  return withRetry(keyStore(endpoint, bucket, region, place.administrator), { clock, random })
}

function keyStore(endpoint: string, bucket: string, region: string, keys: S3Keys): ObjectStore {
  const credentials = { accessKeyId: keys.accessKeyId, secretAccessKey: new Secret(keys.secretAccessKey) }
  return s3Store({
    ...{ bucket, region, endpoint, expectedBucketOwner: null, allowPrivateEndpoint: true },
    credentials: async () => credentials,
  })
}

function sasStore({ containerUrl }: { readonly containerUrl: string }, sas: string): ObjectStore {
  return azureStore({ containerUrl, sas: new Secret(sas), allowPrivateEndpoint: true })
}
