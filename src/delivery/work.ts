/** What the parts of one piece of work share: the claim, the record, the signal, and whom to tell. */
import type { Clock, Random, Tracing } from '../base/index.ts'
import type { Delivery, DeliveryTarget } from '../contract/index.ts'
import type { BegunAttempt, BegunDelivery } from './begin.ts'
import type { Circuits } from './circuit.ts'
import type { ReceiptMaker } from './receipts.ts'
import type { DeliveryRecord } from './record.ts'
import type { Claim, DeliveryRepository, Found } from './repository.ts'
import type { SidecarWriter } from './sidecars.ts'
import type { Spool } from './spool/spool.ts'
import type { TargetAccess } from './target-access.ts'

/** What happens while a worker works, for progress bars and logs. Never a secret, nothing durable. */
export type DeliveryEvent =
  | {
      readonly type: 'progress'
      readonly tenant: string
      readonly delivery: string
      readonly connection: string
      readonly key: string
      /** Of this object, as far as they were handed to the socket or are known to stand already. */
      readonly bytesSent: number
      readonly sizeBytes: number
    }
  | {
      readonly type: 'target'
      readonly tenant: string
      readonly delivery: string
      readonly connection: string
      readonly state: DeliveryTarget['state']
      readonly reason: string | null
    }
  | {
      readonly type: 'delivery'
      readonly tenant: string
      readonly delivery: string
      readonly state: Delivery['state']
      /** When it is looked at again; null: finished, or only when somebody asks. */
      readonly availableAt: string | null
    }
  /** A fault of Drawbridge itself or of its database: the claim ends and is counted. */
  | { readonly type: 'crash'; readonly delivery: string | null; readonly error: unknown }

/** What all work is done with. */
export interface WorkTools {
  readonly clock: Clock
  readonly random: Random
  readonly repository: DeliveryRepository
  readonly access: TargetAccess
  readonly spool: Spool
  readonly receipts: ReceiptMaker
  readonly sidecars: SidecarWriter
  /** Absent: every target is always tried. */
  readonly circuits?: Circuits
  /** How far apart deliveries that are owed to a target are taken up when it is well again. */
  readonly backfillSpacingMs: (connection: string) => number
  readonly tracing: Tracing
  readonly tell: (event: DeliveryEvent) => void
}

/** One claim at work. */
export interface Work {
  readonly tools: WorkTools
  readonly claim: Claim
  readonly record: DeliveryRecord
  /** Aborts when the lease is lost or the worker stops; its reason says which. */
  readonly signal: AbortSignal
  /** Called when nothing is left to send but the copies of the receipt. */
  readonly onArrived: () => void
  /** The bytes of the only file, if they came with the claim and were not taken yet. */
  readonly takeReport: () => Uint8Array | null
}

/** How a claim is worked off. */
export interface PassOptions extends Pick<Work, 'onArrived'>, Partial<CameWith> {
  /** Claims without an answer, one after the other, before a delivery is put into quarantine. */
  readonly quarantineAfter: number
}

interface CameWith extends Pick<Work, 'record' | 'takeReport'> {
  /** The attempt that was written down with the acceptance, to be made now. */
  readonly begun: BegunAttempt | null
}

/** What came with a claim. Whoever waits for a receipt does not hold the report's bytes all the while. */
export function comeWith(found: Found | BegunDelivery): CameWith {
  let left = found.report
  const takeReport = (): Uint8Array | null => {
    const taken = left
    left = null
    return taken
  }
  return { record: found.record, takeReport, begun: 'attempt' in found ? found.attempt : null }
}

/** Somebody ended the delivery while it was worked on. */
export class DeliveryCancelled extends Error {
  constructor() {
    super('the delivery was cancelled')
    this.name = 'DeliveryCancelled'
  }
}

/** The worker is stopping: give the work back in order. */
export class WorkerStopping extends Error {
  constructor() {
    super('the worker is stopping')
    this.name = 'WorkerStopping'
  }
}
