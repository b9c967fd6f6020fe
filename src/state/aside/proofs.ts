/**
 * The log proves where it is kept, on the database's thread; receipts are made of its proofs on the main thread, which has
 * the records. All proofs of one asking stand under one checkpoint, so that it travels once.
 */
import { systemClock } from '../../base/index.ts'
import {
  EvidenceLog,
  type LogKeys,
  type LogStore,
  type ReceiptProof,
  type SignedCheckpoint,
} from '../../evidence/index.ts'
import { CheckpointWitness, witnessed } from '../witness.ts'
import type { ReceiptSetting } from './calls.ts'

/** Proofs on their way: without the checkpoint, and that behind them. */
interface Told {
  readonly proofs: readonly Omit<ReceiptProof, 'checkpoint'>[]
  readonly checkpoint: Omit<SignedCheckpoint, 'rootHash'>
}

/** On the thread. */
export class ProofsOnThread {
  readonly log: EvidenceLog

  constructor({ origin, witnesses, keys }: ReceiptSetting, store: LogStore, reloadKeys: () => Promise<LogKeys>) {
    const seen = witnessed(
      store,
      witnesses.map((directory) => new CheckpointWitness(directory)),
    )
    this.log = new EvidenceLog({ store: seen, ...keys, reloadKeys, origin, clock: systemClock })
  }

  /** As `EvidenceLog.proofsOf`, for `unpackProofs`. */
  async proofsOf(tenant: string, entries: readonly number[]): Promise<readonly unknown[]> {
    return packProofs(await this.log.proofsOf(tenant, entries))
  }
}

/** Lays proofs under one checkpoint together, and its hash behind them. */
export function packProofs(proofs: readonly ReceiptProof[]): readonly unknown[] {
  const [first] = proofs
  if (first === undefined) return []
  const { rootHash, ...checkpoint } = first.checkpoint
  const told: Told = {
    checkpoint,
    proofs: proofs.map(({ seq, entryJson, tlogProof }) => ({ seq, entryJson, tlogProof })),
  }
  return [told, rootHash]
}

/** Takes them apart. */
export function unpackProofs(packed: unknown): ReceiptProof[] {
  const [told, rootHash] = packed as readonly [] | readonly [Told, Uint8Array]
  if (told === undefined || rootHash === undefined) return []
  const checkpoint = { ...told.checkpoint, rootHash }
  return told.proofs.map((proof) => ({ ...proof, checkpoint }))
}
