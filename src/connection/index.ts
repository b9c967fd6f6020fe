/** The connection: taken in, opened, set up, verified and explained. */
export { changeConnection } from './change/index.ts'
export type { ConnectionContext } from './context.ts'
export { describeEgress } from './context.ts'
export { diagnoseLive, diagnosePolicies, diagnoseText, fetchPolicies } from './diagnose/index.ts'
export type { SessionIdentity, SignedInPerson } from './identity/index.ts'
export { mapIdentity, requireIdentity } from './identity/index.ts'
export { buildKit } from './kit/index.ts'
export {
  authenticationOffers,
  createConnection,
  draftConnection,
  newExternalId,
  takeWebIdentity,
  withCurrentWarnings,
} from './model/index.ts'
export { openConnection } from './open/index.ts'
export type { ConnectionRepository, ConnectionSecret, KeptVerification } from './repository.ts'
export type { KeptTicket, RepairTicketPage, TicketRepository } from './ticket/index.ts'
export { fillTemplate, ticketPageOf } from './ticket/index.ts'
export { verifyConnection } from './verify/index.ts'
export type {
  DueAlert,
  KeptAlert,
  MailRecipient,
  MailServer,
  NewAlert,
  TurnTimes,
  WatchPace,
  WatchRepository,
  Webhook,
} from './watch/index.ts'
export {
  alertMessageOf,
  ConnectionWatch,
  changeBetween,
  historyEntryOf,
  Loop,
  mailName,
  sendAlerts,
  tellWarnings,
  turnsOf,
  warningMessageOf,
  webhookName,
  whatIf,
} from './watch/index.ts'
