/**
 * Where the characters of one long text stand, as bits: one run of bits per character, so that 32 places are compared in
 * one step whatever the text and the pattern look like. Made once per text and used for every pattern that meets it: a
 * policy may hold thousands of patterns, and a search that is merely linear per pattern is then too slow.
 */
import { borderTable } from './border-table.ts'
import type { GlobToken } from './glob-token.ts'

/** Texts that are searched seldom, or are shorter than this, are searched directly. */
const longText = 512
const manySearches = 24

/** Indexes are kept for texts of this many characters together: the texts of one request, which come again and again. */
const mostIndexed = 32_768
const kept = new Map<string, TextIndex>()
let keptLength = 0

let lastText = ''
let lastSearches = 0

/** The index of a text, where one is worth its making. Texts come from strangers, so what is kept is bounded. */
export function indexOfText(text: string): TextIndex | null {
  if (text.length < longText) {
    if (text !== lastText) {
      lastText = text
      lastSearches = 0
    }
    if (++lastSearches < manySearches) return null
  }
  const known = kept.get(text)
  if (known !== undefined) return known
  if (keptLength + text.length > mostIndexed) {
    kept.clear()
    keptLength = 0
  }
  const fresh = new TextIndex(text)
  kept.set(text, fresh)
  keptLength += text.length
  return fresh
}

/** Literal text is looked up in chunks of this length, where it has them. */
const chunkLength = 8

/** Places of one character, or of one value, in the text. */
class Places {
  readonly list: number[] = []
  #bits: Uint32Array | null = null

  /** One bit per place. */
  bits(words: number): Uint32Array {
    if (this.#bits !== null) return this.#bits
    const bits = new Uint32Array(words)
    for (const at of this.list) bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31))
    this.#bits = bits
    return bits
  }
}

/** A part of a piece: its places in the text, and its distance from the piece's beginning. */
interface Part {
  readonly places: Places
  readonly offset: number
}

/** Where things stand in one text. */
export class TextIndex {
  readonly #text: string
  /** Two more than the text needs: a shifted read may run past its end. */
  readonly #words: number
  readonly #byChar = new Map<number, Places>()
  readonly #byValue = new Map<string, Places>()
  /** Made when the first pattern with a chunk comes. */
  #byChunk: Map<string, Places> | null = null

  constructor(text: string) {
    this.#text = text
    this.#words = (text.length >>> 5) + 3
    for (let at = 0; at < text.length; at++) placesIn(this.#byChar, text.charCodeAt(at)).list.push(at)
  }

  /** Finds texts and single characters (`any`) in a row, at or after a position; -1 when absent. */
  find(tokens: readonly GlobToken[], length: number, from: number): number {
    const lastStart = this.#text.length - length
    if (from > lastStart) return -1
    const parts = this.#partsOf(tokens)
    if (parts === null) return -1
    // The rarest first: it rules out most places by itself.
    let rarest = 0
    for (let i = 1; i < parts.length; i++) if (countOf(parts[i]) < countOf(parts[rarest])) rarest = i
    const first = parts[rarest]
    if (first === undefined) return from
    parts[rarest] = parts[0] ?? first
    parts[0] = first
    return this.#findParts(parts, from, lastStart)
  }

  /** Null when a part stands nowhere in the text. */
  #partsOf(tokens: readonly GlobToken[]): Part[] | null {
    const parts: Part[] = []
    let offset = 0
    for (const token of tokens) {
      if (typeof token === 'string') {
        offset++
        continue
      }
      if (token.isValue === true && token.text.length > 1) {
        const places = this.#placesOfValue(token.text)
        if (places.list.length === 0) return null
        parts.push({ places, offset })
        offset += token.text.length
        continue
      }
      if (!this.#addText(token.text, offset, parts)) return null
      offset += token.text.length
    }
    return parts
  }

  /** False when a part of the text stands nowhere. */
  #addText(text: string, offset: number, parts: Part[]): boolean {
    if (text.length < chunkLength) {
      for (let i = 0; i < text.length; i++) {
        const places = this.#byChar.get(text.charCodeAt(i))
        if (places === undefined) return false
        parts.push({ places, offset: offset + i })
      }
      return true
    }
    this.#byChunk ??= chunksOf(this.#text)
    for (let i = 0; i < text.length; i += chunkLength) {
      // The last chunk may overlap the one before.
      const at = Math.min(i, text.length - chunkLength)
      const places = this.#byChunk.get(text.slice(at, at + chunkLength))
      if (places === undefined) return false
      parts.push({ places, offset: offset + at })
    }
    return true
  }

  #findParts(parts: readonly Part[], from: number, lastStart: number): number {
    const rows = parts.map(({ places }) => places.bits(this.#words))
    const words = parts.map(({ offset }) => offset >>> 5)
    const shifts = parts.map(({ offset }) => offset & 31)
    const count = rows.length
    const firstWord = from >>> 5
    const lastWord = lastStart >>> 5
    for (let word = firstWord; word <= lastWord; word++) {
      let starts = word === firstWord ? (-1 << (from & 31)) | 0 : -1
      for (let i = 0; i < count && starts !== 0; i++) {
        const row = rows[i] ?? noBits
        const at = word + (words[i] ?? 0)
        const shift = shifts[i] ?? 0
        // Shifted in two steps, for a shift by 32 would shift by nothing.
        starts &= ((row[at] ?? 0) >>> shift) | (((row[at + 1] ?? 0) << 1) << (31 - shift))
      }
      if (starts === 0) continue
      const found = word * 32 + 31 - Math.clz32(starts & -starts)
      return found <= lastStart ? found : -1
    }
    return -1
  }

  /** A value of the request is the same in every pattern that refers to it, so it is sought once. */
  #placesOfValue(value: string): Places {
    const known = this.#byValue.get(value)
    if (known !== undefined) return known
    const places = placesIn(this.#byValue, value)
    const table = borderTable(value)
    let matched = 0
    for (let i = 0; i < this.#text.length; i++) {
      const code = this.#text.charCodeAt(i)
      while (matched > 0 && (matched === value.length || code !== value.charCodeAt(matched))) {
        matched = table[matched - 1] ?? 0
      }
      if (code === value.charCodeAt(matched)) matched++
      if (matched === value.length) places.list.push(i - value.length + 1)
    }
    return places
  }
}

const noBits = new Uint32Array(0)

function chunksOf(text: string): Map<string, Places> {
  const chunks = new Map<string, Places>()
  for (let at = 0; at + chunkLength <= text.length; at++) {
    placesIn(chunks, text.slice(at, at + chunkLength)).list.push(at)
  }
  return chunks
}

function placesIn<K>(all: Map<K, Places>, key: K): Places {
  const known = all.get(key)
  if (known !== undefined) return known
  const fresh = new Places()
  all.set(key, fresh)
  return fresh
}

function countOf(part: Part | undefined): number {
  return part?.places.list.length ?? 0
}
