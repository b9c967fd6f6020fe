/** The operations on the evidence log, and the form of the entries that operations write. */
import type { OperationOutput } from '../contract/index.ts'
import { actorName, type NewEntry } from '../delivery/index.ts'
import type { Caller } from './caller.ts'
import type { House } from './house.ts'

const pageSize = 1000

/** Makes an entry about something that a caller did. */
export function entryOf(
  caller: Caller,
  action: string,
  subject: string,
  fields: Readonly<Record<string, string>>,
): NewEntry {
  return { actor: actorName(caller.actor), action, subject, fields }
}

/** Exports the whole log: every entry has its place first, and exactly those come out that the checkpoint covers. */
export async function exportEvidence(house: House): Promise<OperationOutput<'evidence.export'>> {
  await house.evidence.integrate(house.tenant)
  const { note, treeSize } = await house.evidence.checkpoint(house.tenant)
  const entries: string[] = []
  for (let start = 0; start < treeSize; start += pageSize) {
    entries.push(...(await house.logStore.entries(house.tenant, start, Math.min(start + pageSize, treeSize))))
  }
  return { entries, checkpoint: note, publicKeyPem: house.context.evidencePublicKeyPem }
}
