/**
 * Reads the part of HCL that set-up kits are written in: objects, lists, strings without templates, numbers, booleans. Strict
 * on purpose: what it does not know is an error, so that nothing of a generated file goes unread. Tests only; where
 * Terraform itself is at hand, it reads the same files too.
 */

/** Reads the body of every `name = jsonencode(…)` of a configuration. @throws SyntaxError */
export function readEncoded(text: string): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const match of text.matchAll(/^\s*(\w+)\s*= jsonencode\(/gm)) {
    const reader = new Reader(text, match.index + match[0].length)
    const value = reader.value()
    reader.expect(')')
    if (match[1] === undefined || found.has(match[1])) throw new SyntaxError(`${match[1]} is defined twice`)
    found.set(match[1], value)
  }
  return found
}

/** Reads one value. @throws SyntaxError */
export function readHclValue(text: string): unknown {
  const reader = new Reader(text, 0)
  const value = reader.value()
  reader.end()
  return value
}

class Reader {
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  value(): unknown {
    const next = this.#next()
    if (next === '{') return this.#object()
    if (next === '[') return this.#list()
    if (next === '"') return this.#string()
    const word = this.#match(/[A-Za-z0-9.-]+/y)
    if (word === 'true' || word === 'false') return word === 'true'
    if (/^-?\d+$/.test(word)) return Number(word)
    throw new SyntaxError(`unknown expression \`${word}\` at ${this.#at}`)
  }

  expect(token: string): void {
    if (this.#next() !== token) throw new SyntaxError(`\`${token}\` was expected at ${this.#at}`)
    this.#at += 1
  }

  end(): void {
    if (this.#next() !== '') throw new SyntaxError(`something follows at ${this.#at}`)
  }

  /** The next character that is not white space; empty at the end. */
  #next(): string {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1
    return this.#text.charAt(this.#at)
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found === undefined) throw new SyntaxError(`nothing that is known at ${this.#at}`)
    this.#at += found.length
    return found
  }

  #object(): unknown {
    this.expect('{')
    const entries: [string, unknown][] = []
    while (this.#next() !== '}') {
      const key = this.#next() === '"' ? this.#string() : this.#match(/[A-Za-z_][\w-]*/y)
      this.expect('=')
      entries.push([key, this.value()])
      // HCL parts attributes by line ends; a comma would be another language's.
      if (!/[\n}]/.test(this.#match(/[ \t]*[\n}]/y).slice(-1))) throw new SyntaxError('attributes on one line')
    }
    this.expect('}')
    if (new Set(entries.map(([key]) => key)).size !== entries.length) throw new SyntaxError('an attribute twice')
    return Object.fromEntries(entries)
  }

  #list(): unknown {
    this.expect('[')
    const values: unknown[] = []
    while (this.#next() !== ']') {
      values.push(this.value())
      if (this.#next() !== ']') this.expect(',')
    }
    this.expect(']')
    return values
  }

  #string(): string {
    const quoted = this.#match(/"(?:[^"\\\n]|\\[nrt"\\]|\\u[0-9a-fA-F]{4})*"/y)
    if (/[$%]\{/.test(quoted.replace(/([$%])\1\{/g, ' '))) throw new SyntaxError('a template in a string')
    return JSON.parse(quoted.replace(/([$%])\1\{/g, '$1{')) as string
  }
}
