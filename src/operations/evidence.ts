/** The operations on the evidence log, and the form of the entries that operations write. */
import type { OperationOutput } from '../contract/index.ts'
import { actorName, type NewEntry } from '../delivery/index.ts'
import { evidenceKeyId, exportPublicKeyPem, type LogKeys } from '../evidence/index.ts'
import type { Caller } from './caller.ts'
import type { House, KeysInUse } from './house.ts'

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

/** The keys as the log takes them. */
export function logKeys({ current, retiring, former }: KeysInUse): LogKeys {
  return {
    signer: current.privateKey,
    retiring: retiring?.privateKey ?? null,
    formerKeys: former.map(({ publicKey }) => publicKey),
  }
}

/** Lists the keys: the one that signs now, and those whose receipts stay valid. */
export function listKeys({ evidenceKeys }: Pick<House, 'evidenceKeys'>): OperationOutput<'evidence.keys'> {
  const { current, former } = evidenceKeys.keys
  const told = former.map(({ publicKey, until }, index) => ({
    ...keyOf(publicKey),
    from: former[index - 1]?.until ?? null,
    until,
  }))
  return { keys: [...told, { ...keyOf(current.publicKey), from: former.at(-1)?.until ?? null, until: null }] }
}

function keyOf(publicKey: KeysInUse['current']['publicKey']): { keyId: string; publicKeyPem: string } {
  return { keyId: evidenceKeyId(publicKey), publicKeyPem: exportPublicKeyPem(publicKey) }
}

/**
 * Makes a new key sign from now on. The log tells of it in an entry, and the checkpoint that covers this entry is signed
 * by both keys, so that whoever trusts the old one has its word for the new one.
 * @throws write-conflict — another rotation has not ended
 */
export async function rotateKey(house: House, caller: Caller): Promise<OperationOutput<'evidence.rotate'>> {
  const keys = await house.evidenceKeys.rotate(house.tenant, (former, next) =>
    entryOf(caller, 'evidence.key-rotated', evidenceKeyId(next.publicKey), {
      formerKeyId: evidenceKeyId(former.publicKey),
      publicKeyPem: exportPublicKeyPem(next.publicKey),
    }),
  )
  house.evidence.signWith(logKeys(keys))
  const checkpoint = await endRotation(house)
  return { ...listKeys(house), checkpoint: checkpoint ?? '' }
}

/**
 * Ends a rotation: keeps a checkpoint that both keys signed, then forgets the private half of the old one. Does nothing
 * when none is under way. Returns that checkpoint, or null.
 */
export async function endRotation({
  evidence,
  evidenceKeys,
  tenant,
}: Pick<House, 'evidence' | 'evidenceKeys' | 'tenant'>): Promise<string | null> {
  if (evidenceKeys.keys.retiring === null) return null
  await evidence.integrate(tenant)
  const { note } = await evidence.checkpoint(tenant)
  evidence.signWith(logKeys(await evidenceKeys.retire()))
  return note
}
