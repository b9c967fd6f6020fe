/** What every storage check works with, and how one is run: its refusals point at the link that most probably refused. */
import { DrawbridgeError } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import { linkOfRefusal } from '../diagnose/error-link.ts'
import type { CheckId } from './checks.ts'
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
  readonly signal: AbortSignal
}

/** As the recorder's own, with the link of a refusal read from what the provider said. */
export async function run(stage: StorageStage, id: CheckId, work: () => Promise<Outcome>): Promise<boolean> {
  return stage.recorder.run(id, async () => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof DrawbridgeError) || error.code === 'cancelled') throw error
      stage.recorder.blame(id, error)
      return { ...outcomeOf(error), link: linkOfRefusal(stage.connection, error) }
    }
  })
}
