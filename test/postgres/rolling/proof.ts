/** The rolling restart's part of PROOF.md. */
import { cpus } from 'node:os'
import { lacksPostgres } from '../../servers/postgres.ts'
import { type RollingResult, roll } from './rolling.ts'

/** One run and where it was made. */
export interface RollingProof extends RollingResult {
  readonly workers: number
  readonly machine: string
}

/** Rolls and says what happens. `holds`: nothing was lost or doubled, and every drained worker ended with 0. */
export async function proveRolling(rounds: number): Promise<{ readonly holds: boolean; readonly proof: RollingProof }> {
  if (lacksPostgres()) throw new Error('the proof needs PostgreSQL: apt-get install --no-install-recommends postgresql')
  const workers = 4
  const result = await roll({ workers, rounds, senders: 4, say: (line) => console.log(line) })
  const { lost, duplicated, orphans, withoutReceipt, logFaults, badExits } = result
  const holds = lost + duplicated + orphans + withoutReceipt + logFaults + badExits === 0
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`
  return { holds, proof: { ...result, workers, machine } }
}

/** Writes the section of PROOF.md. */
export function rollingSection(proof: RollingProof): string {
  const { reports, lost, duplicated, orphans, withoutReceipt, logFaults, occupied } = proof
  const { drained, badExits, killed, workers, seconds, machine } = proof
  return `## A rolling restart

\`npm run proof -- rolling\`. A server (\`drawbridge serve\`) accepts reports of all sizes without a pause, ${workers} workers (\`drawbridge
worker\`) deliver them to a bucket of the sandbox; all are processes on one PostgreSQL. Each worker is replaced by a new one, first by
SIGTERM, then by SIGKILL, one after another. Afterwards every accepted report must stand in the bucket once, byte for byte, with a
receipt that verifies and one final entry in the log.

| replaced by SIGTERM | of them exit code not 0 | replaced by SIGKILL | reports accepted | lost | doubled | open uploads | without receipt | faults of the log | level \`occupied\` |
|---|---|---|---|---|---|---|---|---|---|
| ${[drained, badExits, killed, reports, lost, duplicated, orphans, withoutReceipt, logFaults, occupied].join(' | ')} |

${seconds} seconds; ${machine}.
`
}
