/** Reports on their way to other people's storage: taken in, delivered, proved. */

export type { AcceptInput, HandedFile } from './acceptance.ts'
export type { Reservation } from './begin.ts'
export type { CircuitFault, CircuitRecord, CircuitRepository } from './circuit.ts'
export { Circuits, probeDelayMs } from './circuit.ts'
export { actorName } from './entries.ts'
export { evidenceReceipts, type ReceiptMaker } from './receipts.ts'
export type {
  DeliveryRecord,
  ItemRecord,
  SentPart,
  SpooledFile,
  TargetIdentity,
  TargetRecord,
} from './record.ts'
export { deliveryStateOf } from './record.ts'
export { checkReportName } from './report-names.ts'
export type {
  Accepted,
  Claim,
  Claimed,
  ClaimLimit,
  Committed,
  CopiedReceipt,
  DeliveryRepository,
  Found,
  Hold,
  NewDelivery,
  NewEntry,
  ReleaseEnd,
  RouteRepository,
} from './repository.ts'
export { firstClaim, LeaseLost, smallDeliveryBytes, suspectAfter } from './repository.ts'
export { checkCron, nextAfter, slotsAfter } from './schedule/cron.ts'
export type { FileMark } from './schedule/folder.ts'
export type { ScheduleRecord, ScheduleRepository, SlotClaim, SlotEnd } from './schedule/repository.ts'
export { personOf as personOfSchedule } from './schedule/run-slot.ts'
export { Scheduler } from './schedule/scheduler.ts'
export { DeliveryService } from './service.ts'
export { FileSource } from './spool/file-source.ts'
export { hashingInline } from './spool/hashing.ts'
export type { SharedSpace } from './spool/space.ts'
export { retryAfterSeconds, Spool } from './spool/spool.ts'
export type { OpenTarget, Person, TargetAccess } from './target-access.ts'
export type { DeliveryEvent } from './work.ts'
export { DeliveryWorker, type DeliveryWorkerParts } from './worker.ts'
