/**
 * The repository contract: one suite that every database has to pass, so that what the rooms below rely on is promised
 * by both and not by the one that happened to be tried.
 */
import { connectionContract } from './connection-contract.ts'
import { deliveryContract } from './delivery-contract.ts'
import { leaseContract } from './lease-contract.ts'
import { scheduleContract } from './schedule-contract.ts'
import type { Subject } from './subject.ts'

/** Registers all tests; `subject` gives a fresh one in each. */
export function repositoryContract(subject: () => Subject): void {
  connectionContract(subject)
  deliveryContract(subject)
  leaseContract(subject)
  scheduleContract(subject)
}
