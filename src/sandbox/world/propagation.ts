/**
 * Eventual consistency of what is granted: a change of a policy, a trust or a role is answered at once and decides requests only
 * after a delay, as AWS's does. Time is the simulated one, so that both the clock and `advance` end the wait.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
import type { BoundPolicy, ManagedPolicy, Role, StoredPolicy, User } from './entities.ts'

/** What a user or a role is granted and by whom it may be assumed, at one moment. */
export interface Grants {
  readonly trust: BoundPolicy | null
  readonly inline: ReadonlyMap<string, StoredPolicy>
  readonly attached: ReadonlyMap<string, ManagedPolicy>
  readonly boundary: ManagedPolicy | null
}

/** Copies what stands now. */
export function grantsOf(entity: User | Role): Grants {
  return {
    trust: entity.kind === 'role' ? entity.trust : null,
    inline: new Map(entity.inline),
    attached: new Map(entity.attached),
    boundary: entity.boundary,
  }
}

function isSame(one: Grants | null, other: Grants | null): boolean {
  if (one === null || other === null) return one === other
  return (
    one.trust === other.trust &&
    one.boundary === other.boundary &&
    isSameMap(one.inline, other.inline) &&
    isSameMap(one.attached, other.attached)
  )
}

function isSameMap<T>(one: ReadonlyMap<string, T>, other: ReadonlyMap<string, T>): boolean {
  return one.size === other.size && [...one].every(([name, value]) => other.get(name) === value)
}

interface Moment<T> {
  readonly from: number
  readonly value: T
}

/** The values of one kind of thing over time. */
class Timelines<T> {
  readonly #moments = new Map<string, Moment<T>[]>()

  put(id: string, before: T, after: T, from: number): void {
    const held = this.#moments.get(id) ?? [{ from: Number.NEGATIVE_INFINITY, value: before }]
    this.#moments.set(id, [...held, { from, value: after }])
  }

  /** The value that decides at `now`; what stands, where nothing is on its way. */
  at(id: string, now: number, standing: T): T {
    const held = this.#moments.get(id)
    if (held === undefined) return standing
    const past = held.filter(({ from }) => from <= now)
    if (past.length === held.length) this.#moments.delete(id)
    // The value itself may be null: nothing stood there.
    const decides = past.at(-1)
    return decides === undefined ? standing : decides.value
  }
}

/** Changes on their way. */
export class Propagation {
  readonly #now: () => number
  readonly #grants = new Timelines<Grants | null>()
  readonly #resources = new Timelines<BoundPolicy | null>()
  /** How long a change takes; 0: it decides at once. */
  delayMs = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Runs what may change the users and roles of an account, and lets their changes wait. */
  changing<R>(entities: () => Iterable<User | Role>, change: () => R): R {
    if (this.delayMs === 0) return change()
    const before = new Map([...entities()].map((entity) => [entity.id, grantsOf(entity)]))
    const result = change()
    for (const entity of entities()) {
      const [was, is] = [before.get(entity.id) ?? null, grantsOf(entity)]
      if (!isSame(was, is)) this.#grants.put(entity.id, was, is, this.#now() + this.delayMs)
    }
    return result
  }

  /** Lets a change of the policy of a bucket or a key wait. */
  changed(arn: string, before: BoundPolicy | null, after: BoundPolicy | null): void {
    if (this.delayMs > 0) this.#resources.put(arn, before, after, this.#now() + this.delayMs)
  }

  /** What decides for a user or a role now; null: it is not known everywhere yet. */
  effective(entity: User | Role): Grants | null {
    return this.#grants.at(entity.id, this.#now(), grantsOf(entity))
  }

  /** The policy of a bucket or a key that decides now. */
  effectivePolicy(arn: string, standing: BoundPolicy | null): BoundPolicy | null {
    return this.#resources.at(arn, this.#now(), standing)
  }
}
