/** Collects what is wrong with a policy, with the place of each problem, up to a bound. */
import type { PolicyProblem } from '../types.ts'
import { pointerStep } from './json.ts'

const maxProblems = 50
const maxQuoted = 80

/** A place in the policy and the list that its problems go to. */
export class Place {
  readonly #pointer: string
  readonly #problems: PolicyProblem[]

  constructor(pointer: string, problems: PolicyProblem[]) {
    this.#pointer = pointer
    this.#problems = problems
  }

  /** The place of a member or an element. */
  at(step: string | number): Place {
    return new Place(this.#pointer + pointerStep(step), this.#problems)
  }

  /** Notes a problem here; problems beyond the bound are dropped. */
  report(message: string): void {
    if (this.#problems.length < maxProblems) {
      this.#problems.push({ kind: 'malformed', message, pointer: this.#pointer })
    }
  }
}

/** A stranger's text, fit to stand in a message: cut, and with what is invisible or turns the text around as escapes. */
export function quote(text: string): string {
  const cut = text.length > maxQuoted ? `${text.slice(0, maxQuoted)}…` : text
  const escaped = JSON.stringify(cut).slice(1, -1).replaceAll('`', "'")
  return `\`${escaped.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeCharacter)}\``
}

/** `\\u200b` for a zero-width space. */
export function escapeCharacter(char: string): string {
  return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}

/** The name of a value's type, with an article. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Tells a plain object from everything else. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
