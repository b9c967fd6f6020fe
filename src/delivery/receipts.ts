/** From a delivered target to its receipt: the proof in the evidence log, the signed statement, the files. */
import type { DeliveryRecord, TargetRecord } from './record.ts'
import type { ReceiptFile } from './repository.ts'

/** Makes the files of a receipt for a target that was committed as delivered. */
export interface ReceiptMaker {
  make(record: DeliveryRecord, target: TargetRecord): Promise<readonly ReceiptFile[]>
}
