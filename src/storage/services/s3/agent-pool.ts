/**
 * Sockets that outlive a store: every attempt opens a store of its own, and a new connection (with its TLS handshake) for
 * each small report would cost more than the report. Stores with the same rules share agents; no request shares anything else.
 */
import { type AgentOptions, type Agents, openAgents } from '../../endpoint/agents.ts'

/** The right to use shared agents. */
export interface AgentLease {
  readonly agents: Agents
  /** Gives the right back; the sockets of agents that nobody uses are closed a little later. May be called twice. */
  release(): void
}

interface Shared {
  readonly agents: Agents
  users: number
  closing: NodeJS.Timeout | undefined
}

const lingerMs = 5_000
const pool = new Map<string, Shared>()

/** Takes the agents for these rules, new or in use already. */
export function leaseAgents(options: AgentOptions): AgentLease {
  const { guarded, connectMs, idleMs, maximumSockets } = options
  const rules = JSON.stringify([guarded, connectMs, idleMs, maximumSockets])
  const shared = pool.get(rules) ?? { agents: openAgents(options), users: 0, closing: undefined }
  pool.set(rules, shared)
  clearTimeout(shared.closing)
  shared.users += 1
  let isReleased = false
  return {
    agents: shared.agents,
    release() {
      if (isReleased) return
      isReleased = true
      shared.users -= 1
      if (shared.users > 0) return
      shared.closing = setTimeout(close, lingerMs, rules, shared)
      // Neither this timer nor an idle socket keeps a process alive.
      shared.closing.unref()
    },
  }
}

function close(rules: string, shared: Shared): void {
  if (shared.users > 0) return
  pool.delete(rules)
  shared.agents.destroy()
}
