/**
 * An open target whose session is renewed when the provider says that it ran out, and once per attempt when it says no:
 * a session issued before a policy was repaired, or revoked since, must not decide about a target.
 */
import { DrawbridgeError } from '../../base/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import type { OpenTarget } from '../target-access.ts'

/** Runs requests against one open target, renewing its session where that can help. */
export class RenewingSession {
  readonly #target: OpenTarget
  #generation = 0
  #isDenialSpent = false
  #renewal: Promise<void> | null = null

  constructor(target: OpenTarget) {
    this.#target = target
  }

  /**
   * Runs a request; runs it again after a renewal when it ended in `session-expired` or a first `access-denied`. What a
   * run may have sent before it was refused stays in doubt: the last refusal says so too.
   */
  async run<T>(request: (store: ObjectStore) => Promise<T>): Promise<T> {
    let hasExpired = false
    let isInDoubt = false
    for (;;) {
      const generation = this.#generation
      try {
        return await request(this.#target.store)
      } catch (reason) {
        if (!(reason instanceof DrawbridgeError)) throw reason
        isInDoubt ||= reason.context['afterPossibleSend'] === true
        const error = isInDoubt ? reason.with({ context: { afterPossibleSend: true } }) : reason
        const isExpired = error.code === 'session-expired' && !hasExpired
        if (!isExpired && error.code !== 'access-denied') throw error
        // Somebody else renewed while this request was on its way: it was judged with the old session.
        if (this.#generation !== generation) continue
        if (!isExpired && this.#isDenialSpent) throw error
        if (isExpired) hasExpired = true
        else this.#isDenialSpent = true
        await this.#renew()
      }
    }
  }

  async #renew(): Promise<void> {
    this.#renewal ??= this.#target.renew().finally(() => {
      this.#generation++
      this.#renewal = null
    })
    await this.#renewal
  }
}
