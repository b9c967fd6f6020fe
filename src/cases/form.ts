/** Reads the members of a JSON object and notes, in one line each, what is not as it should be. */

/** One object of the form; a member that is missing or unfit reads as empty, and a problem is noted. */
export class Form {
  readonly #members: Readonly<Record<string, unknown>>
  readonly #where: string
  readonly #problems: string[]

  private constructor(members: Readonly<Record<string, unknown>>, where: string, problems: string[]) {
    this.#members = members
    this.#where = where
    this.#problems = problems
  }

  /** Takes any JSON value; what is no object has no members. With `known`, other members are refused. */
  static read(value: unknown, where: string, problems: string[], known?: readonly string[]): Form {
    if (!isObject(value)) {
      problems.push(`${where} must be an object`)
      return new Form({}, where, [])
    }
    const unknown = known === undefined ? undefined : Object.keys(value).find((name) => !known.includes(name))
    if (unknown !== undefined) problems.push(`${where} has an unknown member \`${unknown.slice(0, 60)}\``)
    return new Form(value, where, problems)
  }

  path(name: string): string {
    return this.#where.startsWith('the ') ? name : `${this.#where}/${name}`
  }

  has(name: string): boolean {
    return this.value(name) !== undefined
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined
  }

  string(name: string): string {
    const value = this.value(name)
    if (typeof value === 'string' && value !== '') return value
    this.#problems.push(`${this.path(name)} must be a string that is not empty`)
    return ''
  }

  /** Null when the member is null or missing. */
  optionalString(name: string): string | null {
    return this.value(name) === null || !this.has(name) ? null : this.string(name)
  }

  /** A whole number from 0. */
  number(name: string): number {
    const value = this.value(name)
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    this.#problems.push(`${this.path(name)} must be a whole number`)
    return 0
  }

  /** A list of strings. */
  strings(name: string): readonly string[] {
    return this.list(name).flatMap((member, i) => {
      if (typeof member === 'string') return member
      this.#problems.push(`${this.path(name)}/${i} must be a string`)
      return []
    })
  }

  /** An object whose members are all strings; empty when it is missing. */
  texts(name: string): Readonly<Record<string, string>> {
    const members = this.has(name) ? Object.entries(this.object(name).#members) : []
    return Object.fromEntries(
      members.flatMap(([key, value]) => {
        if (typeof value === 'string') return [[key, value]]
        this.#problems.push(`${this.path(name)}/${key.slice(0, 60)} must be a string`)
        return []
      }),
    )
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | null {
    const found = choices.find((choice) => choice === this.value(name))
    if (found === undefined) this.#problems.push(`${this.path(name)} must be one of ${choices.join(', ')}`)
    return found ?? null
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.value(name)
    if (value === undefined || typeof value === 'boolean') return value
    this.#problems.push(`${this.path(name)} must be true or false`)
    return undefined
  }

  object(name: string, known?: readonly string[]): Form {
    return Form.read(this.value(name), this.path(name), this.#problems, known)
  }

  optionalObject(name: string, known?: readonly string[]): Form | null {
    return this.value(name) === null || !this.has(name) ? null : this.object(name, known)
  }

  list(name: string): readonly unknown[] {
    const value = this.value(name)
    if (value === undefined || Array.isArray(value)) return value ?? []
    this.#problems.push(`${this.path(name)} must be a list`)
    return []
  }

  /** Context keys: strings or lists of strings; numbers and booleans are taken as their text. */
  context(name: string): Readonly<Record<string, string | readonly string[]>> {
    if (!this.has(name)) return {}
    const context = new Map<string, string | readonly string[]>()
    for (const [key, value] of Object.entries(this.object(name).#members)) {
      const texts = Array.isArray(value) ? value.map(scalarText) : [scalarText(value)]
      if (texts.some((text) => text === null)) {
        this.#problems.push(`${this.path(name)}/${key.slice(0, 60)} must be a string or a list of strings`)
      }
      const given = texts.filter((text) => text !== null)
      context.set(key, Array.isArray(value) ? given : (given[0] ?? ''))
    }
    return Object.fromEntries(context)
  }
}

function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : null
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
