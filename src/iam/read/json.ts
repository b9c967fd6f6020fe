/**
 * A JSON reader that knows where it is: problems come with line and column, duplicate members are refused (readers
 * disagree on which one counts), comments and trailing commas are named as such, depth and size are bounded. It accepts
 * exactly RFC 8259 otherwise.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
import { err, ok, type Result } from '../../base/index.ts'
import { PositionIndex, PositionNode } from './positions.ts'

/** Where and why a text is not JSON; line and column from 1, column in UTF-16 units. */
export interface JsonProblem {
  readonly message: string
  readonly line: number
  readonly column: number
  /** JSON pointer of the value being read. */
  readonly pointer: string
}

const maxDepth = 32
const maxLength = 200_000

/** Reads one JSON value that fills the whole text; a byte order mark before it is passed over. */
export function readJson(text: string): Result<unknown, JsonProblem> {
  return readWith(new JsonReader(text, null))
}

/** Reads as `readJson` does, and remembers where every member and value stands. */
export function readJsonWithPositions(
  text: string,
): Result<{ readonly value: unknown; readonly positions: PositionIndex }, JsonProblem> {
  const root = new PositionNode()
  const read = readWith(new JsonReader(text, root))
  return read.ok ? ok({ value: read.value, positions: new PositionIndex(text, root) }) : read
}

function readWith(reader: JsonReader): Result<unknown, JsonProblem> {
  try {
    return ok(reader.readAll())
  } catch (thrown) {
    if (thrown instanceof JsonFault) return err(reader.problem(thrown))
    throw thrown
  }
}

/** Escapes one step of a JSON pointer (RFC 6901). */
export function pointerStep(step: string | number): string {
  return `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Unwinds the reader; never leaves this file. */
class JsonFault extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

const literals: Readonly<Record<string, unknown>> = { true: true, false: false, null: null }

class JsonReader {
  readonly #text: string
  #at = 0
  readonly #path: (string | number)[] = []
  /** Where the value being read is noted; null when nobody asked for positions. */
  #node: PositionNode | null

  constructor(text: string, root: PositionNode | null) {
    this.#text = text
    this.#node = root
  }

  readAll(): unknown {
    if (this.#text.length > maxLength) throw new JsonFault(`text is longer than ${maxLength} characters`, 0)
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1
    this.#skipSpace()
    if (this.#at === this.#text.length) throw this.#fault('the text is empty')
    if (this.#text.startsWith('%7B', this.#at)) throw this.#fault('the text is URL-encoded; decode it first')
    const value = this.#readValue()
    this.#skipSpace()
    if (this.#at < this.#text.length) throw this.#fault(`unexpected ${this.#here()} after the end of the value`)
    return value
  }

  problem(fault: JsonFault): JsonProblem {
    const before = this.#text.slice(0, fault.at)
    const line = before.split('\n').length
    const column = fault.at - before.lastIndexOf('\n')
    return { message: fault.message, line, column, pointer: this.#path.map(pointerStep).join('') }
  }

  #readValue(): unknown {
    const start = this.#at
    const value = this.#readUnnoted()
    this.#node?.note(start, this.#at)
    return value
  }

  /** Reads the value of one member or element, whose name, if it has one, began at `nameStart` and ended at `nameEnd`. */
  #readChild(step: string | number, nameStart: number, nameEnd: number): unknown {
    const parent = this.#node
    this.#path.push(step)
    if (parent !== null) this.#node = parent.child(String(step), nameStart, nameEnd)
    const value = this.#readValue()
    this.#node = parent
    this.#path.pop()
    return value
  }

  #readUnnoted(): unknown {
    const char = this.#text[this.#at]
    if (char === '{') return this.#nested(() => this.#readObject())
    if (char === '[') return this.#nested(() => this.#readArray())
    if (char === '"') return this.#readString()
    if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) return this.#readNumber()
    return this.#readLiteral()
  }

  #nested<T>(read: () => T): T {
    if (this.#path.length >= maxDepth) throw this.#fault(`values are nested deeper than ${maxDepth} levels`)
    this.#at++
    this.#skipSpace()
    return read()
  }

  #readObject(): object {
    const object: Record<string, unknown> = {}
    if (this.#take('}')) return object
    for (;;) {
      const start = this.#at
      if (this.#text[start] !== '"') throw this.#fault(`expected a member name in double quotes, not ${this.#here()}`)
      const name = this.#readString()
      const nameEnd = this.#at
      if (Object.hasOwn(object, name)) throw new JsonFault(`\`${shorten(name)}\` stands twice in one object`, start)
      this.#skipSpace()
      if (!this.#take(':')) throw this.#fault(`expected \`:\` after \`${shorten(name)}\`, not ${this.#here()}`)
      this.#skipSpace()
      const value = this.#readChild(name, start, nameEnd)
      // INVARIANT: a member named `__proto__` is a member like any other.
      Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
      if (this.#endsAfterMember('}')) return object
    }
  }

  #readArray(): unknown[] {
    const array: unknown[] = []
    if (this.#take(']')) return array
    for (;;) {
      array.push(this.#readChild(array.length, -1, -1))
      if (this.#endsAfterMember(']')) return array
    }
  }

  #endsAfterMember(close: '}' | ']'): boolean {
    this.#skipSpace()
    if (this.#take(close)) return true
    const comma = this.#at
    if (!this.#take(',')) throw this.#fault(`expected \`,\` or \`${close}\`, not ${this.#here()}`)
    this.#skipSpace()
    if (this.#text[this.#at] === close) throw new JsonFault(`trailing comma before \`${close}\``, comma)
    return false
  }

  #readString(): string {
    const start = this.#at++
    let plain = true
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === 0x22) {
        this.#at++
        return plain ? this.#text.slice(start + 1, this.#at - 1) : this.#unescape(start)
      }
      if (code < 0x20) throw this.#fault('a control character stands unescaped in a string')
      if (code !== 0x5c) continue
      plain = false
      this.#at++
    }
    throw new JsonFault('the string has no closing quote', start)
  }

  #unescape(start: number): string {
    const quoted = this.#text.slice(start, this.#at)
    const wrong = /\\(?:[^"\\/bfnrtu]|u(?![0-9a-fA-F]{4}))/.exec(quoted.replace(/\\\\/g, '  '))
    if (wrong !== null) throw new JsonFault('unknown escape in a string', start + wrong.index)
    return String(JSON.parse(quoted))
  }

  #readNumber(): number {
    const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
    number.lastIndex = this.#at
    const found = number.exec(this.#text)
    if (found === null) throw this.#fault('malformed number')
    const next = this.#text[this.#at + found[0].length]
    if (next !== undefined && /[\w.+-]/.test(next)) throw this.#fault('malformed number')
    const value = Number(found[0])
    if (!Number.isFinite(value)) throw this.#fault('the number is too large')
    this.#at += found[0].length
    return value
  }

  #readLiteral(): unknown {
    for (const [word, value] of Object.entries(literals)) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return value
    }
    throw this.#fault(this.#at >= this.#text.length ? 'the text ends too early' : `unexpected ${this.#here()}`)
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #skipSpace(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break
    }
    const char = this.#text[this.#at]
    if (char === '/' || char === '#') throw this.#fault('JSON has no comments')
  }

  #here(): string {
    const point = this.#text.codePointAt(this.#at)
    if (point === undefined) return 'the end of the text'
    if (point === 0x27) return 'a single quote'
    return point < 0x21 || point > 0x7e
      ? `character U+${point.toString(16).toUpperCase().padStart(4, '0')}`
      : `\`${String.fromCodePoint(point)}\``
  }

  #fault(message: string): JsonFault {
    return new JsonFault(message, this.#at)
  }
}

function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name
}
