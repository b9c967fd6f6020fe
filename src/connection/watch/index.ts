/** What changed, and what a change would do: verification on a schedule, alerts, and plans tried before they are applied. */
export { alertMessageOf, changeBetween, historyEntryOf } from './change.ts'
export type { WatchPace } from './due.ts'
export { Loop } from './loop.ts'
export type { DueAlert, NewAlert, WatchRepository } from './repository.ts'
export { sendAlerts } from './send-alerts.ts'
export { ConnectionWatch } from './watch-connections.ts'
export { type Webhook, webhookName } from './webhook.ts'
export { whatIf } from './what-if.ts'
