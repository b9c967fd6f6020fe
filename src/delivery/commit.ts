/** The commit of a report that arrived: the target as it is saved, and for a small report of one file the receipt with it. */
import { deliveredEntry } from '../evidence/index.ts'
import type { Outcome } from './outcome.ts'
import { receiptFacts } from './receipts.ts'
import type { DeliveryRecord, TargetRecord } from './record.ts'
import type { Committed } from './repository.ts'
import { weakest } from './send/level.ts'
import type { Work } from './work.ts'

/** Commits a target to which a report was brought. `record` with what became of its targets. @throws LeaseLost */
export async function commitDelivered(
  { tools, claim }: Pick<Work, 'tools' | 'claim'>,
  record: DeliveryRecord,
  target: TargetRecord,
  { items, facts: where }: Extract<Outcome, { kind: 'delivered' }>,
): Promise<Committed> {
  const delivered: TargetRecord = {
    ...target,
    state: 'delivered',
    items,
    facts: where,
    level: weakest(items.flatMap((item) => item.level ?? [])),
    deliveredAt: tools.clock.now().toISOString(),
    availableAt: null,
    faults: 0,
    reason: null,
    diagnosis: null,
    receipt: 'due',
    sidecar: 'due',
  }
  const facts = receiptFacts(record, delivered)
  if (claim.isSmall && record.files.length === 1 && items.length === 1) {
    return await tools.repository.commitWithReceipt(claim, delivered, facts)
  }
  const committed = await tools.repository.commitTarget(claim, delivered, deliveredEntry(facts))
  return { target: committed, files: null, fault: null }
}
