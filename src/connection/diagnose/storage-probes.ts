/**
 * Separating probes at the bucket: the refused request with one thing changed. Writes announce other bytes than they send, so
 * that nothing is stored, as long as the refusal shows that way; only where it comes after the bytes real probe objects
 * under `.drawbridge/` are written, and named. What an acceptance means stands in `storage-causes.ts`.
 */
import { DrawbridgeError, newId } from '../../base/index.ts'
import type { Cause, Connection } from '../../contract/index.ts'
import type { RoleSession } from '../../credentials/index.ts'
import type { ObjectStore, PutOptions } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { isS3 } from '../model/setup-model.ts'
import { storeOf } from '../open/open-connection.ts'
import { bodyThatCannotArrive, jobPutOptions, makeProbe } from '../open/probe.ts'
import type { ConnectionSecret } from '../repository.ts'
import { assumeAgain } from './assume-probes.ts'
import { type Answer, answerOf, ProbeBudget } from './probing.ts'
import { nothingSeparated, type Separated, worksNow } from './separated.ts'
import {
  aclCause,
  aclDemandedCause,
  encryptionCause,
  headerCauses,
  placeCause,
  sessionPolicyCause,
  tagCause,
} from './storage-causes.ts'

/** Does the first thing that the job does: a write, or for a source a listing. @throws what the store throws */
export async function tryJob(
  connection: Connection,
  secret: ConnectionSecret,
  context: ConnectionContext,
  session: RoleSession | null,
): Promise<void> {
  // A refusal that shows without storing anything leaves nothing behind.
  if (connection.purpose !== 'source' && connection.location.service !== 'local') {
    await withStore(connection, secret, context, session, (store) => putUnstored(store, connection, context))
  }
  await withStore(connection, secret, context, session, async (store) => {
    if (connection.purpose === 'source') return listOne(store, connection.location.rootPath)
    const { key, body } = makeProbe(connection, context)
    await store.put(key, body, jobPutOptions(connection, context.clock.now()))
    if (connection.purpose === 'enrichment') await store.delete(key)
  })
}

async function withStore<T>(
  connection: Connection,
  secret: ConnectionSecret,
  context: ConnectionContext,
  session: RoleSession | null,
  work: (store: ObjectStore) => Promise<T>,
): Promise<T> {
  const store = storeOf(connection, secret, context, session === null ? null : async () => session.credentials)
  try {
    return await work(store)
  } finally {
    store.close()
  }
}

async function listOne(store: ObjectStore, prefix: string): Promise<void> {
  for await (const _ of store.list(prefix)) break
}

/** A write whose bytes are not the announced ones. Resolves when the store looked at them; with a key if it took them. */
async function putUnstored(
  store: ObjectStore,
  connection: Connection,
  context: ConnectionContext,
  change: Change = {},
): Promise<string | null> {
  const key = keyFor(connection, context, change)
  try {
    await store.put(key, bodyThatCannotArrive(), {
      ...jobPutOptions(connection, context.clock.now()),
      ...change.options,
    })
    return key
  } catch (error) {
    if (error instanceof DrawbridgeError && error.code === 'checksum-mismatch') return null
    throw error
  }
}

interface Change {
  readonly options?: Partial<PutOptions>
  /** Below the root path. */
  readonly folder?: string
  /** In the place of the root path; for writes that are not stored. */
  readonly root?: string
}

function keyFor(connection: Connection, context: ConnectionContext, change: Change): string {
  const { key } = makeProbe(connection, context, change.folder ?? '')
  return change.root === undefined ? key : `${change.root}${key.slice(connection.location.rootPath.length)}`
}

/** Everything that probes need. */
interface Stage {
  readonly connection: Connection
  readonly secret: ConnectionSecret
  readonly identity: SessionIdentity
  readonly context: ConnectionContext
  readonly budget: ProbeBudget
  /** Null: the connection has no role. */
  readonly session: RoleSession | null
  /** Keys of probe objects that were stored. */
  readonly left: string[]
}

/** Changes one thing at a time about the refused request; at most twelve requests. */
export async function separateStorage(
  connection: Connection,
  secret: ConnectionSecret,
  identity: SessionIdentity,
  context: ConnectionContext,
): Promise<Separated> {
  const budget = new ProbeBudget()
  const isRole = connection.authentication.kind === 'role'
  const session = isRole && budget.take(1) ? await assumeAgain(connection, identity, context) : null
  const stage: Stage = { connection, secret, identity, context, budget, session, left: [] }
  if (connection.location.service === 'local') return nothingSeparated
  return connection.purpose === 'source' ? separateListing(stage) : separateWrite(stage)
}

/** A session of the role with `change`, for one more request with it. Null: no requests left, or no role. */
async function otherSession(stage: Stage, change: Parameters<typeof assumeAgain>[3]): Promise<RoleSession | null> {
  if (stage.session === null || !stage.budget.take(1)) return null
  try {
    return await assumeAgain(stage.connection, stage.identity, stage.context, change)
  } catch (error) {
    if (error instanceof DrawbridgeError) return null
    throw error
  }
}

async function separateListing(stage: Stage): Promise<Separated> {
  const { connection, secret, context, budget, identity } = stage
  const { rootPath } = connection.location
  const list = (session: RoleSession | null, prefix: string): Promise<Answer> =>
    budget.take(1)
      ? answerOf(() => withStore(connection, secret, context, session, (store) => listOne(store, prefix)))
      : Promise.resolve('untried')
  if ((await list(stage.session, rootPath)) === 'accepted') return worksNow('listing')
  const wide = await otherSession(stage, { sessionPolicy: null })
  const untagged = hasTags(identity) ? await otherSession(stage, { tags: {} }) : null
  const [unnarrowed, noTags, whole] = await Promise.all([
    wide === null ? untried : list(wide, rootPath),
    untagged === null ? untried : list(untagged, rootPath),
    wide === null || rootPath === '' ? untried : list(wide, ''),
  ])
  const causes = [
    ...(unnarrowed === 'accepted' ? [sessionPolicyCause()] : []),
    ...(noTags === 'accepted' ? [tagCause()] : []),
    ...(whole === 'accepted' && unnarrowed !== 'accepted' ? [placeCause('whole-bucket')] : []),
  ]
  return separated(stage, causes, { unnarrowed, noTags, whole })
}

function hasTags(identity: SessionIdentity): boolean {
  return Object.keys(identity.tags).length > 0
}

async function separateWrite(stage: Stage): Promise<Separated> {
  const { connection, budget } = stage
  const unstored = (session: RoleSession | null, change: Change = {}): Promise<Answer> =>
    budget.take(1) ? answerOf(() => attemptUnstored(stage, session, change)) : Promise.resolve('untried')
  const again = await unstored(stage.session)
  if (again === 'refused') {
    return isS3(connection)
      ? separateWith(stage, unstored)
      : separated(stage, [], { otherKey: await unstored(null, otherKey) })
  }
  // The bytes were looked at: it works now, or the refusal comes behind them.
  const stored = (session: RoleSession | null, change: Change = {}): Promise<Answer> =>
    change.root === undefined && budget.take(1)
      ? answerOf(() => attemptStored(stage, session, change))
      : Promise.resolve('untried')
  const real = await stored(stage.session)
  if (real === 'accepted') return { ...worksNow('request'), remarks: leftBehind(stage) }
  if (real !== 'refused' || !isS3(connection)) return { ...nothingSeparated, remarks: leftBehind(stage) }
  return separateWith(stage, stored)
}

const untried: Answer = 'untried'

const otherKey: Change = { folder: 'elsewhere/' }

type Attempt = (session: RoleSession | null, change?: Change) => Promise<Answer>

/** The write without and with its headers, at another key, and in other sessions of the same role. */
async function separateWith(stage: Stage, attempt: Attempt): Promise<Separated> {
  const { connection, session, identity } = stage
  const { acl, encryption } = connection.writing
  const hasAcl = acl !== 'none'
  const hasHeader = encryption.kind !== 'bucket-default'
  const wide = await otherSession(stage, { sessionPolicy: null })
  const untagged = hasTags(identity) ? await otherSession(stage, { tags: {} }) : null
  // Headers that the connection does not send may lack in our session policy, so they are tried without it.
  const widest = wide ?? session
  const root = `drawbridge-outside-${newId('prb', stage.context.random)}/`
  const [noAcl, withAcl, noHeader, withHeader, elsewhere, noTags, unnarrowed, outside] = await Promise.all([
    hasAcl ? attempt(session, { options: { acl: 'none' } }) : untried,
    hasAcl ? untried : attempt(widest, { options: { acl: 'bucket-owner-full-control' } }),
    hasHeader ? attempt(session, { options: { encryption: { kind: 'bucket-default' } } }) : untried,
    hasHeader ? untried : attempt(widest, { options: { encryption: { kind: 'sse-s3' } } }),
    attempt(session, otherKey),
    untagged === null ? untried : attempt(untagged),
    wide === null ? untried : attempt(wide),
    connection.location.rootPath === '' ? untried : attempt(widest, { root }),
  ])
  const isAnywhere = unnarrowed === 'accepted' || elsewhere === 'accepted'
  const causes: Cause[] = [
    ...(unnarrowed === 'accepted' ? [sessionPolicyCause()] : []),
    ...(noAcl === 'accepted' ? [aclCause(acl)] : []),
    ...(withAcl === 'accepted' && unnarrowed !== 'accepted' ? [aclDemandedCause()] : []),
    ...(noHeader === 'accepted' ? [encryptionCause(encryption.kind)] : []),
    ...(withHeader === 'accepted' && unnarrowed !== 'accepted' ? headerCauses() : []),
    ...(noTags === 'accepted' ? [tagCause()] : []),
    ...(elsewhere === 'accepted' ? [placeCause('other-key')] : []),
    ...(outside === 'accepted' && !isAnywhere ? [placeCause('beside-root')] : []),
  ]
  return separated(stage, causes, { noAcl, withAcl, noHeader, withHeader, elsewhere, noTags, unnarrowed, outside })
}

async function attemptUnstored(stage: Stage, session: RoleSession | null, change: Change): Promise<void> {
  const { connection, secret, context } = stage
  const key = await withStore(connection, secret, context, session, (store) =>
    putUnstored(store, connection, context, change),
  )
  if (key !== null) stage.left.push(key)
}

async function attemptStored(stage: Stage, session: RoleSession | null, change: Change): Promise<void> {
  const { connection, secret, context } = stage
  await withStore(connection, secret, context, session, async (store) => {
    const { key, body } = makeProbe(connection, context, change.folder ?? '')
    await store.put(key, body, { ...jobPutOptions(connection, context.clock.now()), ...change.options })
    if (connection.purpose === 'enrichment') await store.delete(key)
    else stage.left.push(key)
  })
}

/** What a refusal of each probe excludes, and how it is said. */
const meanings: Readonly<Record<string, { readonly excludes: readonly string[]; readonly says: string }>> = {
  noAcl: {
    excludes: ['missing-acl-permission', 'acl-not-supported'],
    says: 'it is refused without the ACL too: `s3:PutObjectAcl` is not what is missing first',
  },
  withAcl: { excludes: ['acl-demanded'], says: 'it is refused with the ACL `bucket-owner-full-control` too' },
  noHeader: { excludes: [], says: 'it is refused without the encryption header too' },
  withHeader: { excludes: ['encryption-demanded'], says: 'it is refused with the encryption header `AES256` too' },
  elsewhere: { excludes: [], says: 'it is refused at another key under the root path too' },
  otherKey: { excludes: [], says: 'it is refused at another key under the root path too' },
  noTags: { excludes: [], says: 'it is refused in a session without tags too' },
  unnarrowed: {
    excludes: ['session-policy'],
    says: 'it is refused without our session policy too, so the refusal is not ours',
  },
  outside: { excludes: [], says: 'it is refused beside the root path too' },
  whole: { excludes: [], says: 'a listing of the whole bucket is refused too' },
}

function separated(stage: Stage, causes: readonly Cause[], answers: Readonly<Record<string, Answer>>): Separated {
  const refused = Object.entries(answers).flatMap(([name, answer]) =>
    answer === 'refused' ? (meanings[name] ?? []) : [],
  )
  return {
    causes,
    excluded: refused.flatMap((meaning) => meaning.excludes),
    ruledOut: refused.map((meaning) => meaning.says),
    remarks: leftBehind(stage),
    worksNow: false,
  }
}

function leftBehind(stage: Stage): string[] {
  return stage.left.map((key) => `the probe object \`${key}\` was stored and may be deleted`)
}
