/** What every storage check works with, and how one is run: its refusals point at the link that most probably refused. */
import { DrawbridgeError } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import { linkOfRefusal } from '../diagnose/error-link.ts'
import type { CheckId } from './checks.ts'
import type { Outside } from './endpoint-checks.ts'
import type { Patience } from './patience.ts'
import { type Outcome, outcomeOf, type Recorder } from './recorder.ts'

/** What the storage checks work with. */
export interface StorageStage {
  readonly connection: Connection
  readonly context: ConnectionContext
  readonly recorder: Recorder
  /** The store as the job has it: with the narrowed session of a role. */
  readonly store: ObjectStore
  /** The store with everything that the other side granted: without our session policy. The bare store without a role. */
  readonly unnarrowed: ObjectStore
  /** The store of the job without retries; null without a role, where there is nothing that we could narrow. */
  readonly narrowed: ObjectStore | null
  /** True: the customer agreed that a write beside the root path may be tried. */
  readonly mayProbeOutside: boolean
  /** What the place tells somebody without credentials. */
  readonly outside: Outside
  readonly patience: Patience
  readonly signal: AbortSignal
}

/** As the recorder's own, with the link of a refusal read from what the provider said. */
export async function run(stage: StorageStage, id: CheckId, work: () => Promise<Outcome>): Promise<boolean> {
  return stage.recorder.run(id, async () => {
    try {
      const { value, waitedMs } = await stage.patience.attempt(id, work)
      return waited(value, waitedMs)
    } catch (error) {
      if (!(error instanceof DrawbridgeError) || error.code === 'cancelled') throw error
      stage.recorder.blame(id, error)
      return { ...outcomeOf(error), link: linkOfRefusal(stage.connection, error) }
    }
  })
}

/** Says that it took a while until what is new had arrived. */
export function waited(outcome: Outcome, waitedMs: number): Outcome {
  if (waitedMs === 0) return outcome
  return { ...outcome, detail: `${outcome.detail}; accepted after ${Math.round(waitedMs / 1000)} seconds` }
}
