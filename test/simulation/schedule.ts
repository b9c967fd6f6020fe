/** What goes wrong in a run, as data: drawn from the seed beforehand, so that a fault can be taken out again. */
import { Chance } from './chance.ts'

export const workerSlots = ['worker-1', 'worker-2', 'worker-3'] as const
/** A process of the house. `front` takes reports in, and sometimes delivers as well; workers deliver. */
export type Slot = 'front' | (typeof workerSlots)[number]
export const bucketNames = ['globex/acme', 'globex/backup', 'initech/acme', 'initech/backup'] as const
export type BucketName = (typeof bucketNames)[number]

/** What may happen to one request. */
export type RequestFault =
  /** It never arrives, and nobody says so. */
  | 'request-lost'
  /** It is done, and its answer is lost. */
  | 'answer-lost'
  /** Its answer is lost, and it is done long after. */
  | 'arrives-late'
  /** It is done, and the answer says 500. */
  | 'error-after-success'
  | 'slow-down'
  | 'write-conflict'
  /** A bit flips on the way, and the store keeps what it got. */
  | 'bit-flip'
  /** It takes longer than a lease. */
  | 'slow'
  /** 200, and an error in the body: nothing was made. */
  | 'error-in-200'

/** One thing that goes wrong. Moments are milliseconds since the start. */
export type Fault =
  | { readonly kind: 'crash'; readonly slot: Slot; readonly step: number }
  | { readonly kind: 'pause'; readonly slot: Slot; readonly step: number; readonly forMs: number }
  | { readonly kind: 'power-cut'; readonly at: number }
  | { readonly kind: 'power-cut-at-write'; readonly write: number }
  | { readonly kind: 'request'; readonly bucket: BucketName; readonly request: number; readonly fault: RequestFault }
  | {
      readonly kind: 'burst' | 'down' | 'denied'
      readonly bucket: BucketName
      readonly at: number
      readonly until: number
    }
  | { readonly kind: 'expired' | 'revoked'; readonly bucket: BucketName; readonly at: number }
  | { readonly kind: 'sessions-down'; readonly bucket: BucketName; readonly at: number; readonly until: number }
  /** Somebody else's object stands at the key of the so-many-th plan for that bucket. */
  | { readonly kind: 'occupied'; readonly bucket: BucketName; readonly plan: number }
  | { readonly kind: 'disk-full'; readonly at: number; readonly until: number }
  | { readonly kind: 'sync-fails'; readonly write: number }
  /** The machine's clock, which is the database's too. */
  | { readonly kind: 'clock-jump'; readonly at: number; readonly byMs: number }
  /** Sending the so-many-th report kills its worker, every time. */
  | { readonly kind: 'poison'; readonly report: number }

/** Everything that a run is made of. */
export interface Schedule {
  readonly seed: number
  readonly reports: number
  readonly workers: number
  readonly faults: readonly Fault[]
}

/** Reports come in during this time, and faults happen. */
export const stormMs = 90_000

/** At most so many faults of a run may cost a claim, so that none of them alone explains a quarantine. */
const maximumLostClaims = 4

/** Tells whether the front delivers too: small reports are accepted straight into work there. */
export function worksAtFront(seed: number): boolean {
  return new Chance(seed, 'works at the front').happens(0.6)
}

/** Draws the schedule of a seed. */
export function scheduleOf(seed: number, reports: number): Schedule {
  const chance = new Chance(seed, 'schedule')
  const workers = chance.between(1, 3)
  const count = chance.happens(0.05) ? 0 : chance.between(3, 16)
  const faults: Fault[] = []
  let lostClaims = 0
  while (faults.length < count) {
    const fault = draw(chance, reports, workers, worksAtFront(seed))
    if (costsClaims(fault) && ++lostClaims > maximumLostClaims) continue
    faults.push(fault)
  }
  if (chance.happens(0.04)) faults.push({ kind: 'poison', report: chance.between(0, reports - 1) })
  return { seed, reports, workers, faults }
}

/** Tells whether a fault can end a claim without an answer. */
export function costsClaims(fault: Fault): boolean {
  return ['crash', 'pause', 'power-cut', 'power-cut-at-write', 'clock-jump'].includes(fault.kind)
}

const requestFaults = [
  ...(['request-lost', 'answer-lost', 'answer-lost', 'arrives-late', 'error-after-success', 'slow-down'] as const),
  ...(['write-conflict', 'bit-flip', 'bit-flip', 'slow', 'error-in-200'] as const),
] as const

function draw(chance: Chance, reports: number, workers: number, isFrontAtWork: boolean): Fault {
  const bucket = chance.oneOf(bucketNames)
  const at = chance.between(0, stormMs)
  const kind = chance.between(0, 99)
  const slots: [Slot, ...Slot[]] = ['front', ...workerSlots.slice(0, workers), ...workerSlots.slice(0, workers)]
  const slot = chance.oneOf(slots)
  const step = chance.between(
    1,
    slot === 'front' ? reports * (isFrontAtWork ? 40 : 12) : Math.ceil((reports * 90) / workers),
  )
  const until = at + chance.between(500, 60_000)
  if (kind < 15) return { kind: 'crash', slot, step }
  if (kind < 22) return { kind: 'pause', slot, step, forMs: chance.between(3_000, 90_000) }
  if (kind < 25) return { kind: 'power-cut', at }
  if (kind < 28) return { kind: 'power-cut-at-write', write: chance.between(1, reports * 9) }
  if (kind < 62)
    return { kind: 'request', bucket, request: chance.between(1, reports), fault: chance.oneOf(requestFaults) }
  if (kind < 67) return { kind: 'burst', bucket, at, until }
  if (kind < 71) return { kind: 'down', bucket, at, until }
  if (kind < 75) return { kind: 'denied', bucket, at, until }
  if (kind < 79) return { kind: chance.oneOf(['expired', 'revoked']), bucket, at }
  if (kind < 81) return { kind: 'sessions-down', bucket, at, until }
  if (kind < 90) return { kind: 'occupied', bucket, plan: chance.between(1, Math.ceil(reports / 3)) }
  if (kind < 92) return { kind: 'disk-full', at, until: at + chance.between(500, 20_000) }
  if (kind < 94) return { kind: 'sync-fails', write: chance.between(1, reports * 9) }
  return { kind: 'clock-jump', at, byMs: chance.between(-1_200_000, 1_200_000) }
}
