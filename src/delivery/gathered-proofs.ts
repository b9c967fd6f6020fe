/** Proofs from the evidence log for many deliveries at a time; whose receipts they become is decided elsewhere. */
import type { KeyObject } from 'node:crypto'
import type { ReceiptProof } from '../evidence/index.ts'

/** What proves entries of the log: an `EvidenceLog`, or whoever asks one on another thread. */
export interface Prover {
  /** As `EvidenceLog.proofsOf`. @throws not-found | evidence-forked */
  proofsOf(tenant: string, entries: readonly number[]): Promise<readonly ReceiptProof[]>
  /** The private key that signs now. */
  readonly signer: KeyObject
}

interface Asked {
  readonly entry: number
  readonly prove: (proof: ReceiptProof) => void
  readonly fail: (error: unknown) => void
}

const largestRound = 256

/** Asks the log once for everybody who asks while it is busy. */
export class GatheredProofs {
  readonly #log: Prover
  readonly #waiting = new Map<string, Asked[]>()

  constructor(log: Prover) {
    this.#log = log
  }

  /** As `EvidenceLog.proofOf`. @throws not-found | evidence-forked */
  async proofOf(tenant: string, entry: number): Promise<ReceiptProof> {
    return await new Promise((prove, fail) => {
      const waiting = this.#waiting.get(tenant)
      if (waiting !== undefined) waiting.push({ entry, prove, fail })
      else {
        this.#waiting.set(tenant, [{ entry, prove, fail }])
        void this.#drain(tenant)
      }
    })
  }

  async #drain(tenant: string): Promise<void> {
    // Whoever asks in this same turn still comes along.
    await Promise.resolve()
    for (;;) {
      const round = this.#waiting.get(tenant)?.splice(0, largestRound) ?? []
      if (round.length === 0) break
      await this.#proveAll(tenant, round)
    }
    this.#waiting.delete(tenant)
  }

  async #proveAll(tenant: string, round: readonly Asked[]): Promise<void> {
    try {
      const entries = round.map(({ entry }) => entry)
      for (const [index, proof] of (await this.#log.proofsOf(tenant, entries)).entries()) round[index]?.prove(proof)
    } catch (error) {
      const [only, ...others] = round
      if (only !== undefined && others.length === 0) only.fail(error)
      // One of them can not be proved: that is no fault of the others.
      else for (const asked of round) await this.#proveAll(tenant, [asked])
    }
  }
}
