/** The kills' part of PROOF.md: how often processes were killed, where, and what was lost, doubled or left open. */
import type { LaneResult } from './lane.ts'
import { runLanes } from './lanes.ts'

/** Runs of lanes, each with its seed; runs are added to each other, so that a long proof can be made in pieces. */
export interface KillsProof {
  readonly lanes: readonly LaneResult[]
}

/** Kills, and adds what came of it to `before`. `holds`: nothing was lost, doubled or left open in any of all lanes. */
export async function proveKills(
  kills: number,
  seed: number,
  isShared: boolean,
  before: KillsProof | null,
): Promise<{ readonly holds: boolean; readonly proof: KillsProof }> {
  const results = await runLanes({
    kills,
    seed,
    isShared,
    onEnd: (lane) => console.log(`${lane.place}, ${lane.mode}, ${lane.database}: ${kindOf(lane)} (${lane.seconds} s)`),
  })
  const lanes = [...(before?.lanes ?? []), ...results]
  return { holds: lanes.every(isSound), proof: { lanes } }
}

function isSound({ lost, duplicated, orphans, withoutReceipt, logFaults, complaints }: LaneResult): boolean {
  return lost + duplicated + orphans + withoutReceipt + logFaults + complaints.length === 0
}

function kindOf(lane: LaneResult): string {
  return `${lane.kills} kills, ${lane.reports} reports, ${isSound(lane) ? 'sound' : `NOT SOUND ${JSON.stringify(lane)}`}`
}

/** Writes the section of PROOF.md. */
export function killsSection({ lanes }: KillsProof): string {
  const groups = new Map<string, LaneResult[]>()
  for (const lane of lanes) {
    const name = `${lane.place} | ${lane.mode} | ${lane.database}`
    groups.set(name, [...(groups.get(name) ?? []), lane])
  }
  const columns = [
    'kills',
    'reports',
    'lost',
    'duplicated',
    'orphans',
    'recordedOrphans',
    'withoutReceipt',
    'logFaults',
    'occupied',
  ] as const
  const sum = (of: readonly LaneResult[], column: (typeof columns)[number]): number =>
    of.reduce((total, lane) => total + lane[column], 0)
  const row = (of: readonly LaneResult[]): string => columns.map((column) => sum(of, column)).join(' | ')
  const phases = new Map<string, number>()
  for (const lane of lanes) {
    for (const [phase, times] of Object.entries(lane.phases)) phases.set(phase, (phases.get(phase) ?? 0) + times)
  }
  const seconds = lanes.reduce((total, lane) => total + lane.seconds, 0)
  return `## Processes killed

\`npm run proof -- kills\`. Processes that take reports in and deliver them are ended by SIGKILL at moments that a seed draws,
while they start, accept, send and commit, and started again on the same data: one at a time on SQLite, three side by side on
PostgreSQL and a shared spool. Reports are of all sizes, in the database, in
the spool and in parts. After every ten kills a last process delivers what is left, and then every accepted report must
stand in the bucket once, byte for byte, with a receipt that verifies and one final entry in the log. The seed draws
moments; what happens at them is the machine's.

| store | sent in | database | kills | reports | lost | doubled | open uploads | possible ones recorded | without receipt | faults of the log | level \`occupied\` |
|---|---|---|---|---|---|---|---|---|---|---|---|
${[...groups].map(([name, of]) => `| ${name} | ${row(of)} |`).join('\n')}
| **all** | | | ${row(lanes)} |

Seeds ${[...new Set(lanes.map((lane) => lane.seed))].join(', ')}; ${seconds} seconds of lanes, two at a time. The last words before the kill: ${[
    ...phases,
  ]
    .sort(([, a], [, b]) => b - a)
    .map(([phase, times]) => `${phase} ${times}`)
    .join(', ')}.
`
}
