/**
 * The characters at the places of several texts, numbered, and all places sorted by the few characters before them, so
 * that the places of any short run of characters lie in a row. Sorting takes one pass over the places however many
 * different characters there are; nothing more is made until it is asked for.
 */

/** The number that stands for any character; characters have higher ones, and 0 is none. */
export const anyId = 1

/** The table of beginnings has about so many rows. */
const mostRows = 4096
const longestGram = 8

/** Some characters of a run that stand at few places. */
export interface RareGram {
  readonly count: number
  /** Where in the run its last character is. */
  readonly at: number
  /** The places after them, in no order. */
  readonly places: () => Int32Array
}

/** Characters at places, and places by characters. */
export class GramTable {
  /** How many different characters there are. */
  letters = 0
  /** For each place, the number of the character before it. */
  readonly #ids: Int32Array
  readonly #low = new Int32Array(128)
  readonly #high = new Map<number, number>()
  #sorted: Int32Array = new Int32Array(0)
  /** Where the places of each gram begin in the sorted ones. */
  #rows: Int32Array = new Int32Array(0)
  #base = 2
  #length = 1

  constructor(size: number) {
    this.#ids = new Int32Array(size)
  }

  /** Puts a character before a place. */
  lay(code: number, place: number): void {
    let id = this.idOf(code)
    if (id === 0) {
      id = ++this.letters + anyId
      if (code < 128) this.#low[code] = id
      else this.#high.set(code, id)
    }
    this.#ids[place] = id
  }

  /** The number of a character; 0 when it stands nowhere. */
  idOf(code: number): number {
    return code < 128 ? (this.#low[code] as number) : (this.#high.get(code) ?? 0)
  }

  /** Sorts the places, once all characters are laid. */
  sort(): void {
    // The last character counts most, so that the places after a shorter run lie in a row too.
    const base = this.letters + 1
    const length = Math.min(longestGram, Math.max(1, Math.floor(Math.log(mostRows) / Math.log(base))))
    const unit = base ** (length - 1)
    const rows = new Int32Array(unit * base + 1)
    const ids = this.#ids
    const grams = new Int32Array(ids.length)
    let gram = 0
    for (let place = 0; place < ids.length; place++) {
      const id = ids[place] as number
      gram = ((gram / base) | 0) + (id === 0 ? 0 : id - anyId) * unit
      grams[place] = gram
      if (id !== 0) rows[gram + 1] = (rows[gram + 1] as number) + 1
    }
    for (let row = 1; row < rows.length; row++) rows[row] = (rows[row] as number) + (rows[row - 1] as number)
    const next = rows.slice()
    const sorted = new Int32Array(rows[rows.length - 1] as number)
    for (let place = 0; place < ids.length; place++) {
      if (ids[place] === 0) continue
      const row = grams[place] as number
      const at = next[row] as number
      sorted[at] = place
      next[row] = at + 1
    }
    this.#sorted = sorted
    this.#rows = rows
    this.#base = base
    this.#length = length
  }

  /** The places after a character, or after any. */
  placesOf(id: number): Int32Array {
    if (id === anyId) return this.#sorted
    const unit = this.#base ** (this.#length - 1)
    const from = (id - anyId) * unit
    return this.#sorted.subarray(this.#rows[from], this.#rows[from + unit])
  }

  /** The characters in a row of a run, given as numbers, that stand at the fewest places; null when it is all wildcards. */
  rarest(run: Int32Array, size: number): RareGram | null {
    const base = this.#base
    const rows = this.#rows
    const unit = base ** (this.#length - 1)
    let gram = 0
    /** How many grams begin like the one read so far. */
    let width = unit * base
    let least = Number.POSITIVE_INFINITY
    let [from, to, found] = [0, 0, -1]
    for (let at = 0; at < size; at++) {
      const id = run[at] as number
      if (id === anyId) {
        gram = 0
        width = unit * base
        continue
      }
      gram = ((gram / base) | 0) + (id - anyId) * unit
      if (width > 1) width /= base
      const first = rows[gram] as number
      const last = rows[gram + width] as number
      if (last - first >= least) continue
      least = last - first
      from = first
      to = last
      found = at
      if (least <= 1) break
    }
    if (found < 0) return null
    return { count: least, at: found, places: () => this.#sorted.subarray(from, to) }
  }

  /** Tells whether a run, given as numbers, stands right before a place. */
  stands(run: Int32Array, size: number, place: number): boolean {
    const ids = this.#ids
    const first = place - size + 1
    for (let i = 0; i < size; i++) {
      const id = run[i] as number
      const here = ids[first + i] ?? 0
      if (id === anyId ? here === 0 : here !== id) return false
    }
    return true
  }

  /** The places after a value, in order, by the table of its borders. */
  seek(value: string, borders: ArrayLike<number>): readonly number[] {
    const list: number[] = []
    const wanted = Array.from({ length: value.length }, (_, i) => this.idOf(value.charCodeAt(i)))
    if (wanted.includes(0)) return list
    let matched = 0
    for (let place = 0; place < this.#ids.length; place++) {
      const id = this.#ids[place]
      while (matched > 0 && (matched === wanted.length || id !== wanted[matched])) matched = borders[matched - 1] ?? 0
      if (id === wanted[matched]) matched++
      if (matched === wanted.length) list.push(place)
    }
    return list
  }
}
