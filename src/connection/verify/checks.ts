/** Every check that a verification can make, as data. `docs/checks.md` is kept equal to this table by a test. */
import { isIP } from 'node:net'
import type { Connection, LinkId } from '../../contract/index.ts'

/** One row of the table. */
export interface CheckRow {
  readonly link: LinkId
  readonly title: string
  /** What a pass proves, one sentence. */
  readonly proves: string
}

const rows = {
  'base-identity': {
    link: 'base-identity',
    title: 'who we are',
    proves: 'our own AWS credentials work, and STS says who they are; or there is an ID token of ours to come with',
  },
  'assume-role': {
    link: 'assume-role',
    title: 'AssumeRole',
    proves:
      'the role can be assumed now, with External ID, tags and source identity; a fresh session, never one that was kept',
  },
  'external-id-required': {
    link: 'assume-role',
    title: 'External ID is required',
    proves: 'without an External ID the role refuses, while with the right one it accepted just before and just after',
  },
  'external-id-matched': {
    link: 'assume-role',
    title: 'External ID is compared',
    proves:
      'with another External ID the role refuses, while with the right one it accepted just before and just after',
  },
  'token-audience-compared': {
    link: 'assume-role',
    title: 'token audience is compared',
    proves:
      'with an ID token for another audience the role refuses, while with the right one it accepted just before and just after',
  },
  'token-subject-compared': {
    link: 'assume-role',
    title: 'token subject is compared',
    proves:
      'with an ID token of another subject the role refuses, while with the right one it accepted just before and just after',
  },
  'session-identity': {
    link: 'session',
    title: 'session',
    proves:
      'the session is the expected role in the expected account, named after the person, and not longer than asked for',
  },
  'access-key': {
    link: 'access-key',
    title: 'access key',
    proves: 'the access key is accepted, and it belongs to an account that STS names',
  },
  'sas-token': {
    link: 'sas-token',
    title: 'SAS token',
    proves: 'the token is in its time frame, for this container, and has the letters that the purpose needs',
  },
  dns: {
    link: 'object',
    title: 'name',
    proves: 'the name of the endpoint resolves',
  },
  tls: {
    link: 'object',
    title: 'certificate',
    proves: 'the endpoint shows a certificate that is trusted, in time, and made for its name',
  },
  endpoint: {
    link: 'object',
    title: 'endpoint',
    proves: 'the address may be called, something answers there, and it answers as a store of this kind does',
  },
  clock: {
    link: 'base-identity',
    title: 'clock',
    proves: 'our clock and theirs are less than 15 minutes apart; from 60 seconds on the report warns',
  },
  'bucket-region': {
    link: 'object',
    title: 'region',
    proves: 'the bucket answers in the region that the connection names',
  },
  'bucket-owner': {
    link: 'object',
    title: 'owner',
    proves: 'the bucket belongs to the account that the connection names, which every request demands',
  },
  'public-refused': {
    link: 'bucket-policy',
    title: 'the public is refused',
    proves: 'without credentials neither the place nor what we wrote there can be seen',
  },
  'put-object': {
    link: 'object',
    title: 'write',
    proves: 'an object can be written under the root path, with the ACL and the encryption that the job uses',
  },
  'conditional-write': {
    link: 'object',
    title: 'no overwrite',
    proves: 'a second write to the same key is refused, so nothing that was delivered can be replaced by us',
  },
  multipart: {
    link: 'object',
    title: 'multipart upload',
    proves:
      'an upload in parts can be started, listed and given up, so that nothing stays; a container gets it committed',
  },
  'object-ownership': {
    link: 'bucket-policy',
    title: 'ACL and ownership',
    proves:
      'what is written with the ACL of the connection, or with none, is taken, so the account of the bucket owns or controls it',
  },
  'kms-key': {
    link: 'kms-key',
    title: 'KMS key',
    proves: 'the key is in the region of the bucket, enabled, and usable for what the purpose does with it',
  },
  'object-lock': {
    link: 'object',
    title: 'Object Lock',
    proves: 'writes carry what a bucket with Object Lock demands of them',
  },
  'list-objects': {
    link: 'permissions',
    title: 'list',
    proves: 'the objects under the root path can be listed',
  },
  'read-object': {
    link: 'permissions',
    title: 'read',
    proves: 'an object can be read and decrypted; where there is none, the store says so instead of refusing',
  },
  'delete-probe': {
    link: 'permissions',
    title: 'delete',
    proves: 'the probe object can be removed again',
  },
  'grant-levels': {
    link: 'permissions',
    title: 'bucket and objects',
    proves: 'the grants reach both the bucket itself and the objects in it',
  },
  'read-refused': {
    link: 'permissions',
    title: 'reading is refused',
    proves: 'the purpose may not read, and the other side refuses it, whatever narrower session we use ourselves',
  },
  'list-refused': {
    link: 'permissions',
    title: 'listing is refused',
    proves: 'the purpose may not list, and the other side refuses it, whatever narrower session we use ourselves',
  },
  'delete-refused': {
    link: 'permissions',
    title: 'deleting is refused',
    proves:
      'an export may not delete, and the other side refuses it; tried on our own probe, with a condition that can not hold',
  },
  'write-refused': {
    link: 'permissions',
    title: 'writing is refused',
    proves:
      'the purpose may not write, and the other side refuses it; tried with bytes that could not have been stored',
  },
  'outside-root-refused': {
    link: 'permissions',
    title: 'outside the root path is refused',
    proves: 'beside the root path the other side refuses what it allows below it; nothing is stored by the attempt',
  },
} as const satisfies Record<string, CheckRow>

/** The stable name of a check. */
export type CheckId = keyof typeof rows

/** The table, in the order in which a report shows it. */
export const checks: Readonly<Record<CheckId, CheckRow>> = rows

/** The names in the order of the table. */
export const checkIds = Object.keys(rows) as readonly CheckId[]

/** The checks of one connection: those of its service, authentication and purpose, in the order of the table. */
export function checksFor(connection: Connection): readonly CheckId[] {
  const { location, authentication, purpose, writing } = connection
  const isS3 = location.service === 's3'
  const isToken = authentication.kind === 'role' && authentication.webIdentity !== undefined
  const isRemote = location.service !== 'local'
  const writes = purpose !== 'source'
  const wanted: Readonly<Record<CheckId, boolean>> = {
    'base-identity': authentication.kind === 'role',
    'assume-role': authentication.kind === 'role',
    'external-id-required': authentication.kind === 'role' && authentication.externalId !== null,
    'external-id-matched': authentication.kind === 'role' && authentication.externalId !== null,
    'token-audience-compared': isToken,
    'token-subject-compared': isToken,
    'session-identity': authentication.kind === 'role',
    'access-key': authentication.kind === 'access-key',
    'sas-token': authentication.kind === 'sas',
    dns: isRemote && isName(hostOf(location)),
    tls: isRemote && !isPlainHttp(location),
    endpoint: isRemote,
    clock: isRemote,
    'bucket-region': isS3,
    'bucket-owner': isS3,
    'public-refused': isRemote,
    'object-ownership': isS3 && writes,
    'kms-key': isS3 && writing.encryption.kind === 'sse-kms',
    'object-lock': isS3 && writes,
    'grant-levels': isS3 && (purpose !== 'export' || writing.resume),
    'put-object': writes,
    'conditional-write': writes,
    multipart: writes && writing.resume,
    'list-objects': purpose !== 'export',
    'read-object': purpose !== 'export',
    'delete-probe': purpose === 'enrichment',
    'read-refused': isRemote && purpose === 'export',
    'list-refused': isRemote && purpose === 'export',
    'delete-refused': isRemote && purpose === 'export',
    'write-refused': isRemote && purpose === 'source',
    'outside-root-refused': isS3 && location.rootPath !== '',
  }
  return checkIds.filter((id) => wanted[id])
}

/** The host that is called; what AWS makes of bucket and region is a name whatever they are. */
function hostOf(location: Connection['location']): string {
  const address = addressOf(location)
  return address === null ? '' : new URL(address).hostname
}

function addressOf(location: Connection['location']): string | null {
  if (location.service === 'azblob') return location.containerUrl
  return location.service === 's3' ? (location.endpoint ?? null) : null
}

/** False for an IP address. */
function isName(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, '')) === 0
}

function isPlainHttp(location: Connection['location']): boolean {
  return addressOf(location)?.startsWith('http:') ?? false
}
