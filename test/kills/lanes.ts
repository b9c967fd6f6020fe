/** Many lanes at a time, over every kind of place, sharing a number of kills among them. */
import { startPostgres } from '../servers/postgres.ts'
import { hasRgw } from '../servers/rgw.ts'
import { type LaneResult, runLane } from './lane.ts'
import type { Place } from './places.ts'
import { type PlaceServer, serverStarts } from './servers.ts'

/** What the lanes are to do. */
export interface LanesOptions {
  readonly kills: number
  readonly seed: number
  /** Lanes at a time: each is a process, and its server another. */
  readonly width?: number
  readonly kinds?: readonly Place['kind'][]
  /** On PostgreSQL rather than SQLite, each lane on a server of its own. */
  readonly isShared?: boolean
  readonly onEnd?: (result: LaneResult) => void
}

/** Runs a lane for each kind of place and each set of rights. RGW is left out, loudly, where it is not installed. */
export async function runLanes(options: LanesOptions): Promise<LaneResult[]> {
  const { kills, seed, width = 2, kinds = ['sandbox', 'rgw', 'azurite'], isShared = false, onEnd } = options
  const servers = new Map<Place['kind'], Promise<PlaceServer>>()
  const wanted: { kind: Place['kind']; resume: boolean }[] = []
  for (const kind of kinds) {
    if (kind === 'rgw' && !(await hasRgw())) console.warn('SKIPPED: nothing is killed against Ceph RGW: not installed')
    else for (const resume of [false, true]) wanted.push({ kind, resume })
  }
  const share = Math.ceil(kills / wanted.length)
  const results: LaneResult[] = []
  const run = async (): Promise<void> => {
    for (;;) {
      const next = wanted.shift()
      if (next === undefined) return
      const { kind, resume } = next
      const start = servers.get(kind) ?? serverStarts[kind]()
      servers.set(kind, start)
      const place = await (await start).open(`kill-${seed}-${resume ? 'parts' : 'single'}`, resume)
      const postgres = isShared ? await startPostgres() : null
      const result = await runLane(place, seed, share, postgres?.appUrl ?? null).finally(() => postgres?.close())
      results.push(result)
      onEnd?.(result)
    }
  }
  try {
    await Promise.all(Array.from({ length: width }, run))
    return results
  } finally {
    for (const server of servers.values()) await (await server).close()
  }
}
