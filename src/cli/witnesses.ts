/** Where checkpoints are kept outside of the database, and what is compared with them before a house opens. */
import { join, resolve } from 'node:path'
import { DrawbridgeError } from '../base/index.ts'
import type { EvidenceLog } from '../evidence/index.ts'
import { CheckpointWitness } from '../state/index.ts'
import type { Config } from './config.ts'

/** The places for checkpoints: beside the database, and where the operator says. */
export function witnessesOf(config: Config, directory: string): CheckpointWitness[] {
  const { witness } = config.evidence
  const beside = new CheckpointWitness(join(directory, 'checkpoints'))
  return witness === undefined ? [beside] : [beside, new CheckpointWitness(resolve(directory, witness))]
}

/**
 * Refuses a database that is older than the checkpoints that were given out, before anything is added to it.
 * @throws evidence-forked
 * @throws unavailable — a witness can not be reached
 */
export async function refuseOlder(
  evidence: EvidenceLog,
  tenant: string,
  witnesses: readonly CheckpointWitness[],
): Promise<void> {
  for (const witness of witnesses) {
    const note = await witness.newest(tenant)
    if (note === null) continue
    try {
      await evidence.assertContinues(tenant, note)
    } catch (cause) {
      if (!(cause instanceof DrawbridgeError) || cause.code !== 'evidence-forked') throw cause
      throw new DrawbridgeError({
        code: 'evidence-forked',
        message: `the database is not the newest one: ${cause.message}, kept at \`${witness.directory}\``,
        operation: 'evidence.open',
        context: cause.context,
        help: 'restore the newest database; when it is lost, run `drawbridge evidence recover` (docs/evidence.md)',
        cause,
      })
    }
  }
  // The same is asked of the checkpoints that the database itself remembers.
  await evidence.checkpoint(tenant)
}
