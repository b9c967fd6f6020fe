/**
 * A small report that is accepted straight into work: the worker of this very process has room, its target is open and
 * well, and the bytes are at hand. Its acceptance is its first claim and the plan of its first attempt too, all in one
 * transaction. Whatever does not fit waits in the database for whoever claims it, as every other report does.
 */
import { DrawbridgeError } from '../base/index.ts'
import type { Circuits } from './circuit.ts'
import { planItems } from './plan.ts'
import type { DeliveryRecord, ItemRecord, TargetRecord } from './record.ts'
import { acceptedRecord, type Claim, firstClaim, type Hold, type NewDelivery } from './repository.ts'
import type { OpenTarget, TargetAccess } from './target-access.ts'

/** The first attempt at a target, which was written down when its report was accepted. */
export interface BegunAttempt {
  readonly connection: string
  readonly target: OpenTarget
  /** As it was before it was written down as sent. */
  readonly item: ItemRecord
}

/** A place that a worker keeps for a report which is being accepted. Either `begin` or `leave` is called, once. */
export interface Reservation extends Hold {
  /** The report is accepted and claimed: the work on it begins. It does not throw. */
  begin(claim: Claim, begun: BegunDelivery): void
  /** Nothing came of it. */
  leave(): void
}

/** What is worked on from its acceptance on. */
export interface BegunDelivery {
  readonly record: DeliveryRecord
  readonly report: Uint8Array
  readonly attempt: BegunAttempt
}

/** What a beginning is made with. */
export interface BeginningParts {
  readonly access: TargetAccess
  readonly circuits?: Circuits
  /** Absent, or null: nobody here has room. */
  readonly reserve?: () => Reservation | null
}

/** An acceptance that is a beginning too. */
export interface Beginning {
  /** As it is to be accepted: its first target is being sent. */
  readonly delivery: NewDelivery
  readonly hold: Hold
  /** It was accepted: the work begins. */
  begin(acceptedAt: string): void
  /** It was not. */
  leave(): void
}

/** Prepares to begin with a report in the moment of its acceptance; null: it waits for its turn. */
export async function prepareBeginning(
  parts: BeginningParts,
  fresh: NewDelivery,
  handed: readonly (Uint8Array | null)[],
): Promise<Beginning | null> {
  const [first, ...others] = fresh.targets
  const [report, ...more] = handed
  const isAlone = fresh.files.length === 1 && more.length === 0
  // Of several targets that are tried side by side each is planned by itself.
  if (first === undefined || !report || !isAlone || (fresh.policy === 'mirror' && others.length > 0)) return null
  const { circuits, access } = parts
  if (((await circuits?.find(fresh.tenant, first.connection)) ?? null) !== null) return null
  const reserved = parts.reserve?.() ?? null
  if (reserved === null) return null
  const attempt = await attemptAt(access, fresh, first).catch((error: unknown) => {
    reserved.leave()
    throw error
  })
  if (attempt === null) {
    reserved.leave()
    return null
  }
  const begun: TargetRecord = { ...first, state: 'sending', attempts: 1, items: [{ ...attempt.item, state: 'sent' }] }
  const delivery = { ...fresh, targets: [begun, ...others] }
  return {
    delivery,
    hold: reserved,
    begin(acceptedAt) {
      reserved.begin(firstClaim(fresh), { record: acceptedRecord(delivery, acceptedAt), report, attempt })
    },
    leave() {
      attempt.target.close()
      reserved.leave()
    },
  }
}

/** Null: it takes more than one request, or the target has to be asked for first. */
async function attemptAt(
  access: TargetAccess,
  fresh: NewDelivery,
  { connection, identity }: TargetRecord,
): Promise<BegunAttempt | null> {
  const target = (await access.ready?.(fresh.tenant, connection, identity).catch(notOfTheWorld)) ?? null
  if (target === null) return null
  try {
    const { rootPath, writing, store } = target
    // Only of several files the moment of acceptance is a part of the plan.
    const planned = { ...fresh, acceptedAt: '' }
    const [item, ...others] = planItems(planned, { rootPath, writing, capabilities: store.capabilities })
    if (item?.way === 'put' && others.length === 0) return { connection, target, item }
  } catch (error) {
    notOfTheWorld(error)
  }
  target.close()
  return null
}

/** What a target says no to is for the attempt to meet and to tell of. */
function notOfTheWorld(error: unknown): null {
  if (error instanceof DrawbridgeError) return null
  throw error
}
