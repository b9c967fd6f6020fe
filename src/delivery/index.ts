/** Reports on their way to other people's storage: taken in, delivered, proved. */
export { actorName } from './entries.ts'
export { evidenceReceipts } from './receipts.ts'
export type {
  DeliveryRecord,
  ItemRecord,
  SentPart,
  SpooledFile,
  TargetIdentity,
  TargetRecord,
} from './record.ts'
export type {
  Claim,
  ClaimLimit,
  DeliveryRepository,
  NewDelivery,
  NewEntry,
  ReleaseEnd,
  RouteRepository,
} from './repository.ts'
export { LeaseLost, smallDeliveryBytes, suspectAfter } from './repository.ts'
export type { AcceptInput } from './service.ts'
export { DeliveryService } from './service.ts'
export { Spool } from './spool/spool.ts'
export type { OpenTarget, Person, TargetAccess } from './target-access.ts'
export type { DeliveryEvent } from './work.ts'
export { DeliveryWorker } from './worker.ts'
