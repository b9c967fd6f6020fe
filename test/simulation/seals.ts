/**
 * The log that signs inside the transactions of commits, and a keeper of checkpoints outside of the database. The keeper
 * looks through another connection: what it is given must stand in the database already.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../src/base/index.ts'
import { EvidenceLog, type LogSealer, type LogStore } from '../../src/evidence/index.ts'
import type { State } from '../../src/state/index.ts'
import type { History } from './history.ts'
import type { PlantedBug } from './planted.ts'

/** What signs for a house from one start of its machine to the next. */
export interface SealParts {
  readonly state: State
  readonly clock: Clock
  readonly origin: string
  readonly history: History
  /** Another connection to the same database. */
  readonly beside: DatabaseSync
}

/** Opens the log that seals. */
export function openSealer({ state, clock, origin, history, beside }: SealParts, bug: PlantedBug | null): LogSealer {
  const kept = new Map<string, string>()
  const stands = beside.prepare('select 1 from checkpoints where tenant = ? and size = ? and note = ?')
  const store = {
    ...bound(state.log),
    witnessed: async (tenant: string) => [kept.get(tenant) ?? []].flat(),
    keepWitnessed: async (tenant: string, size: number, note: string) => {
      if (stands.get(tenant, size, note) === undefined)
        history.early.push(`a checkpoint of ${size} entries of ${tenant}`)
      history.checkpoints.push({ tenant, note })
      history.sealed++
      kept.set(tenant, note)
    },
  }
  const log = new EvidenceLog({ store, signer: state.evidenceKey.privateKey, origin, clock })
  return bug?.sealer?.(log) ?? log
}

function bound(log: State['log']): State['log'] {
  return {
    pending: (...asked) => log.pending(...asked),
    size: (...asked) => log.size(...asked),
    readHashes: (...asked) => log.readHashes(...asked),
    integrate: (...asked) => log.integrate(...asked),
    placeOf: (...asked) => log.placeOf(...asked),
    entries: (...asked) => log.entries(...asked),
    lastCheckpoint: (...asked) => log.lastCheckpoint(...asked),
    saveCheckpoint: (...asked) => log.saveCheckpoint(...asked),
  }
}

/** A log of which every checkpoint that is saved, and so may be given out, is written down. */
export function watchedLog(log: LogStore, history: History): LogStore {
  return new Proxy(log, {
    get: (target, property) => {
      const member: unknown = Reflect.get(target, property, target)
      if (typeof member !== 'function') return member
      if (property !== 'saveCheckpoint') return member.bind(target)
      const saveCheckpoint: LogStore['saveCheckpoint'] = async (tenant, size, note) => {
        await target.saveCheckpoint(tenant, size, note)
        history.checkpoints.push({ tenant, note })
      }
      return saveCheckpoint
    },
  })
}
