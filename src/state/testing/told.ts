/** What the evidence log was told, whether it has a place there already or waits for one. */
import type { LogStore } from '../../evidence/index.ts'

/** The actions of a tenant's log, in order. */
export async function toldActions(log: LogStore, tenant: string): Promise<string[]> {
  const placed = await log.entries(tenant, 0, await log.size(tenant))
  const waiting = await log.pending(tenant, 100)
  return [...placed.map((json) => String(JSON.parse(json).action)), ...waiting.map(({ action }) => action)]
}

/** The action of one entry, by its outbox id; null when there is none. */
export async function toldAction(log: LogStore, tenant: string, outboxId: number): Promise<string | null> {
  const place = await log.placeOf(tenant, outboxId)
  const [json] = place === null ? [] : await log.entries(tenant, place, place + 1)
  if (json !== undefined) return JSON.parse(json).action
  const waiting = (await log.pending(tenant, 100)).find((entry) => entry.outboxId === outboxId)
  return waiting?.action ?? null
}
