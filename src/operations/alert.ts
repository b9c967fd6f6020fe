/** What became of alerts: who is told of which connection, and every alert that is kept. */
import type { KeptAlert } from '../connection/index.ts'
import { type AlertRecipient, type AlertRecord, alertMessage, type OperationOutput } from '../contract/index.ts'
import type { House } from './house.ts'

/** Lists who is told and what was, the newest first. */
export async function listAlerts(house: House, limit: number): Promise<OperationOutput<'alert.list'>> {
  const connections = (await house.connections.list(house.tenant)).map(({ name }) => name)
  const kept = await house.watch.alerts(house.tenant, limit)
  return { recipients: recipientsOf(house, connections), alerts: kept.flatMap(recordOf) }
}

function recipientsOf(house: House, connections: readonly string[]): AlertRecipient[] {
  const told = new Map<string, string[]>(house.alertedFor('').map((name) => [name, []]))
  for (const connection of connections) {
    for (const name of house.alertedFor(connection)) told.set(name, [...(told.get(name) ?? []), connection])
  }
  return [...told].map(([name, of]) => ({ name, kind: name.startsWith('mail#') ? 'mail' : 'webhook', connections: of }))
}

/** What another version wrote in another form is passed over. */
function recordOf(alert: KeptAlert): AlertRecord[] {
  const message = alertMessage.safeParse(JSON.parse(alert.body))
  if (!message.success) return []
  const { connection, event, summary } = message.data
  const { id, webhook: recipient, createdAt, attempts, nextAt, takenAt, reason } = alert
  const state = takenAt !== null ? 'taken' : nextAt === null ? 'given-up' : 'waiting'
  return [
    {
      id,
      recipient,
      connection,
      event,
      summary,
      state,
      attempts,
      createdAt,
      ...(nextAt === null ? {} : { nextAt }),
      ...(takenAt === null ? {} : { takenAt }),
      ...(reason === null ? {} : { reason }),
    },
  ]
}
