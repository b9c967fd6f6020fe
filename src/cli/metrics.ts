/**
 * What Prometheus may ask: counters fed by what deliveries do and by requests, gauges read when they are asked for. Labels are
 * names of ours (connections, states, codes), bounded in number; never a report, a person, a key or a secret.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { DeliveryEvent, Spool } from '../delivery/index.ts'
import type { House } from '../operations/index.ts'
import type { RequestLine } from '../server/index.ts'

/** The metrics of one process. */
export interface Metrics {
  readonly contentType: string
  /** Reads the gauges and writes everything in the text format. */
  text(): Promise<string>
  onDelivery(event: DeliveryEvent): void
  onRequest(line: RequestLine): void
}

/** Connections beyond these share the label `other`. */
const maximumConnections = 500
/** Objects whose progress is remembered, to count each byte once. */
const maximumObjects = 10_000

/** Makes the metrics of a house. */
export function makeMetrics(house: House, spool: Spool): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  gauges(registry, house, spool)
  const counters = countersOf(registry)
  const bytes = new SentBytes()
  const connections = new Set<string>()
  const label = (connection: string): string => {
    if (connections.size < maximumConnections) connections.add(connection)
    return connections.has(connection) ? connection : 'other'
  }
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    onDelivery(event) {
      if (event.type === 'progress') {
        counters.bytes.inc({ connection: label(event.connection) }, bytes.more(event))
      } else if (event.type === 'target') {
        counters.targets.inc({ connection: label(event.connection), state: event.state })
      } else if (event.type === 'delivery') {
        bytes.forget(event.delivery)
        counters.passes.inc({ state: event.state })
      } else counters.crashes.inc()
    },
    onRequest({ method, status, durationMs }) {
      const known = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method) ? method : 'other'
      counters.requests.observe({ method: known, status: String(status) }, durationMs / 1000)
    },
  }
}

function countersOf(registry: Registry) {
  const registers = [registry]
  return {
    bytes: new Counter({
      name: 'drawbridge_sent_bytes_total',
      help: 'Bytes of reports handed to the sockets of a target, those sent again included.',
      labelNames: ['connection'] as const,
      registers,
    }),
    targets: new Counter({
      name: 'drawbridge_target_states_total',
      help: 'Turns of a delivery at a target into a state.',
      labelNames: ['connection', 'state'] as const,
      registers,
    }),
    passes: new Counter({
      name: 'drawbridge_delivery_passes_total',
      help: 'Passes over deliveries, by the state in which they left them.',
      labelNames: ['state'] as const,
      registers,
    }),
    crashes: new Counter({
      name: 'drawbridge_faults_total',
      help: 'Faults of Drawbridge itself or of its database while it delivered.',
      registers,
    }),
    requests: new Histogram({
      name: 'drawbridge_http_request_seconds',
      help: 'Requests that the server answered.',
      labelNames: ['method', 'status'] as const,
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
      registers,
    }),
  }
}

function gauges(registry: Registry, house: House, spool: Spool): void {
  const registers = [registry]
  new Gauge({
    name: 'drawbridge_info',
    help: 'The version that runs; always 1.',
    labelNames: ['version'] as const,
    registers,
  }).set({ version: house.version }, 1)
  new Gauge({
    name: 'drawbridge_spool_bytes',
    help: 'Bytes that wait in the spool.',
    registers,
    async collect() {
      this.set(await spool.measure())
    },
  })
  if (Number.isFinite(spool.quotaBytes)) {
    new Gauge({ name: 'drawbridge_spool_quota_bytes', help: 'The most that the spool takes.', registers }).set(
      spool.quotaBytes,
    )
  }
  let looking: Promise<void> | null = null
  /** One look serves both gauges, and whoever else scrapes meanwhile. */
  const look = (): Promise<void> => {
    looking ??= lookAtTargets(house, { down, owed }).finally(() => {
      looking = null
    })
    return looking
  }
  const down = new Gauge({
    name: 'drawbridge_target_down',
    help: '1 while the circuit of a target is open or half-open.',
    labelNames: ['connection'] as const,
    registers,
    collect: look,
  })
  const owed = new Gauge({
    name: 'drawbridge_owed_deliveries',
    help: 'Deliveries that a target is still to get.',
    labelNames: ['connection'] as const,
    registers,
    collect: look,
  })
}

async function lookAtTargets(
  house: House,
  { down, owed }: Readonly<Record<'down' | 'owed', Gauge<'connection'>>>,
): Promise<void> {
  const routes = await house.routes.list(house.tenant)
  const names = [...new Set(routes.flatMap(({ targets }) => targets))].slice(0, maximumConnections)
  const targets = await house.deliveries.health(house.tenant, names)
  // A connection that was removed must not keep its last value; and nobody reads between this and the new ones.
  down.reset()
  owed.reset()
  for (const { connection, circuit, owed: count } of targets) {
    owed.set({ connection }, count)
    down.set({ connection }, circuit === 'closed' ? 0 : 1)
  }
}

/** How far each object is, so that the next word about it counts only what is new. */
class SentBytes {
  readonly #objects = new Map<string, number>()

  more({ delivery, connection, key, bytesSent }: Extract<DeliveryEvent, { type: 'progress' }>): number {
    const name = `${delivery}\n${connection}\n${key}`
    const before = this.#objects.get(name) ?? 0
    if (this.#objects.size >= maximumObjects && before === 0) this.#objects.clear()
    this.#objects.set(name, bytesSent)
    // Begun anew: everything counts again.
    return bytesSent >= before ? bytesSent - before : bytesSent
  }

  forget(delivery: string): void {
    for (const name of this.#objects.keys()) if (name.startsWith(`${delivery}\n`)) this.#objects.delete(name)
  }
}
