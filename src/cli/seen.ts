/** What a long-running process shows of itself: metrics, fed by its deliveries and requests, on the doors that the configuration names. */
import type { ServerLog } from '../server/index.ts'
import type { Config } from './config.ts'
import type { OpenedHouse } from './house.ts'
import { type Metrics, makeMetrics } from './metrics.ts'
import { openMetricsDoor } from './metrics-door.ts'
import type { ServiceLog } from './service-log.ts'

/** A process that is seen. */
export interface Seen {
  readonly metrics: Metrics
  /** The log, which also counts the requests. */
  readonly log: ServerLog
  close(): void
}

/**
 * Begins to count.
 * @param log told of deliveries too; null: whoever calls tells of them itself
 * @throws configuration-invalid — the address for the metrics can not be listened on
 */
export async function openSeen(house: OpenedHouse, config: Config, log: ServiceLog | null): Promise<Seen> {
  const metrics = makeMetrics(house.house, house.spool)
  const { listen } = config.metrics
  const door = listen === undefined ? null : await openMetricsDoor(metrics, listen)
  const remove = house.onDelivery((event) => {
    metrics.onDelivery(event)
    log?.delivery(event)
  })
  return {
    metrics,
    log: {
      request: (line) => {
        metrics.onRequest(line)
        log?.request(line)
      },
      fault: (error) => log?.fault(error),
    },
    close: () => {
      remove()
      door?.close()
    },
  }
}
