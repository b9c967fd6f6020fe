/** Surroundings for tests of this room: a clock that stands, chance that counts, and a base identity that needs no network. */
import { generateKeyPairSync } from 'node:crypto'
import { ManualClock, type Random, Secret, systemClock } from '../../base/index.ts'
import type { Connection, ConnectionInput } from '../../contract/index.ts'
import {
  type BaseIdentity,
  type IdentityTokens,
  issuedTokens,
  readSigningKey,
  SessionCache,
} from '../../credentials/index.ts'
import type { ConnectionContext, SessionIdentity } from '../index.ts'
import { createConnection } from '../index.ts'

export const vendorAccount = '111111111111'
export const customerAccount = '222222222222'
export const principalArn = `arn:aws:iam::${vendorAccount}:role/drawbridge-base`
export const callerArn = `arn:aws:sts::${vendorAccount}:assumed-role/drawbridge-base/worker`

/** Bytes that are never the same twice and always the same in the same place of the same test. */
export function countingRandom(): Random {
  let next = 0
  return {
    bytes: (length) => Uint8Array.from({ length }, () => (next = (next * 5 + 7) % 251)),
  }
}

/** A base identity that answers at once. */
export function fixedBase(): BaseIdentity {
  return {
    credentials: async () => ({
      accessKeyId: 'ASIAEXAMPLE000000000',
      secretAccessKey: new Secret('not-a-real-secret'),
    }),
    whoAmI: async () => ({ account: vendorAccount, callerArn, principalArn }),
  }
}

/** ID tokens of an issuer of our own, with a key that is new every time. */
export function makeTokens(): IdentityTokens {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const key = readSigningKey(new Secret(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()))
  if (!key.ok) throw new Error(key.error)
  return issuedTokens({
    issuer: 'https://drawbridge.example.com/oidc',
    audience: 'sts.amazonaws.com',
    tenant: 'tenant-a',
    keys: [key.value],
    clock: systemClock,
    random: countingRandom(),
  })
}

/** A context with `change` applied. */
export function makeContext(change: Partial<ConnectionContext> = {}): ConnectionContext {
  const clock = change.clock ?? new ManualClock(new Date('2026-11-02T10:00:00Z'))
  return {
    clock,
    random: countingRandom(),
    base: fixedBase(),
    sessions: new SessionCache({ clock, assume: () => Promise.reject(new Error('no test here assumes a role')) }),
    egress: 'dynamic',
    observedAddress: null,
    ownAccounts: [],
    allowedEndpoints: [],
    evidencePublicKeyPem: '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n',
    stsEndpoint: null,
    ...change,
  }
}

/** What an engineer types for an export by role. */
export const exportInput: ConnectionInput = {
  name: 'acme',
  purpose: 'export',
  location: {
    service: 's3',
    uri: 's3://acme-audit',
    rootPath: 'reports/',
    region: 'eu-central-1',
    bucketOwner: customerAccount,
  },
  authentication: { kind: 'role' },
}

/** No reservation is ever there. */
export const noReservation = async (): Promise<string | null> => null

/** A connection of the given input. */
export async function makeConnection(
  input: Partial<ConnectionInput> = {},
  context: ConnectionContext = makeContext(),
): Promise<Connection> {
  const made = await createConnection('tenant-a', { ...exportInput, ...input }, context, noReservation)
  return made.connection
}

/** A person, as the mapping made them. */
export const dana: SessionIdentity = { tags: {}, sourceIdentity: 'dana', sessionName: 'dana' }
