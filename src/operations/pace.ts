/** How fast bytes go, over the last few seconds: an upload that was held up and goes on has a rate of its own. */

const windowMilliseconds = 5_000
/** Below this a rate would be a guess. */
const leastMilliseconds = 200

interface Sample {
  readonly at: number
  readonly bytes: number
}

/** The rates of several things that are counted side by side. */
export class Pace {
  readonly #samples = new Map<string, Sample[]>()

  /** Notes how far a thing is; returns its bytes per second, or null while that is not known or nothing moves. */
  at(what: string, bytes: number, now: Date): number | null {
    const last: Sample = { at: now.getTime(), bytes }
    const before = this.#samples.get(what) ?? []
    // An attempt that begins anew starts from nothing: what was counted before it says nothing about it.
    const isAnew = before.some((sample) => sample.bytes > bytes)
    const kept = isAnew ? [] : before.filter(({ at }) => last.at - at <= windowMilliseconds)
    this.#samples.set(what, [...kept, last])
    const [first] = kept
    if (first === undefined || last.at - first.at < leastMilliseconds || bytes === first.bytes) return null
    return Math.round(((bytes - first.bytes) * 1000) / (last.at - first.at))
  }
}
