/** Where a planted bug can sit: each part that is injected into the delivery code, wrapped. The sources stay as they are. */
import type { Clock } from '../../src/base/index.ts'
import type { DeliveryRepository, Spool, TargetAccess } from '../../src/delivery/index.ts'
import type { LogSealer, LogStore } from '../../src/evidence/index.ts'
import type { ObjectStore } from '../../src/storage/index.ts'
import type { DiskFaults } from './disk.ts'

/** What a planted bug may need to know of the house. */
export interface Surroundings {
  readonly spool: () => Spool
  readonly databaseClock: Clock
  /** What the bug remembers of this house. */
  readonly memory: Map<string, unknown>
  /** Does something later unless the process dies before. */
  readonly later: (milliseconds: number, work: () => Promise<unknown>) => void
}

/** A bug on purpose. */
export interface PlantedBug {
  readonly name: string
  /** Seen by workers and by the front. */
  readonly repository?: (inner: DeliveryRepository, surroundings: Surroundings) => DeliveryRepository
  /** Below the retry layer. */
  readonly wire?: (inner: ObjectStore, surroundings: Surroundings) => ObjectStore
  /** Above the retry layer. */
  readonly store?: (inner: ObjectStore, surroundings: Surroundings) => ObjectStore
  readonly access?: (inner: TargetAccess) => TargetAccess
  readonly log?: (inner: LogStore) => LogStore
  readonly sealer?: (inner: LogSealer) => LogSealer
  readonly disk?: Partial<DiskFaults>
}
