/**
 * Virtual time: one queue of moments for clocks, network and processes. Nothing waits for the machine; whatever happens
 * at a moment runs to rest before the next one comes, so that a seed gives the same history every time.
 */

interface Moment {
  readonly at: number
  readonly serial: number
  readonly wake: () => void
}

/** The queue of everything that will happen. Times are milliseconds since the start of the run. */
export class Timeline {
  #now = 0
  #serial = 0
  readonly #heap: Moment[] = []
  readonly #cancelled = new Set<Moment>()

  get now(): number {
    return this.#now
  }

  /** Calls `wake` after some time; the answer takes that back. */
  in(milliseconds: number, wake: () => void): () => void {
    const moment = { at: this.#now + Math.max(0, milliseconds), serial: this.#serial++, wake }
    this.#push(moment)
    return () => this.#cancelled.add(moment)
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.in(milliseconds, resolve)
    })
  }

  /** Lets time pass without anybody acting: what was due in between happens at its end. */
  leap(milliseconds: number): void {
    this.#now += milliseconds
  }

  /** Lets things happen until `isOver` says so, asked after every moment; false: nothing is left to happen. */
  async run(isOver: () => boolean): Promise<boolean> {
    await atRest()
    while (!isOver()) {
      const moment = this.#pop()
      if (moment === undefined) return false
      if (this.#cancelled.delete(moment)) continue
      this.#now = Math.max(this.#now, moment.at)
      moment.wake()
      await atRest()
    }
    return true
  }

  #push(moment: Moment): void {
    const heap = this.#heap
    let index = heap.push(moment) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(moment, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = moment
  }

  #pop(): Moment | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const [a, b] = [heap[left], heap[left + 1]]
      if (a === undefined) break
      const [child, at] = b !== undefined && isBefore(b, a) ? [b, left + 1] : [a, left]
      if (!isBefore(child, last)) break
      heap[index] = child
      index = at
    }
    heap[index] = last
    return first
  }
}

/** Resolves when every promise that can move has moved: both queues before a turn of the event loop are empty then. */
function atRest(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function isBefore(a: Moment, b: Moment): boolean {
  return a.at < b.at || (a.at === b.at && a.serial < b.serial)
}
