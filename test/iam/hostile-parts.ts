/** What hostile shapes are made of: lists and texts that fill a budget of bytes. */
import type { WrittenPolicies } from './generate/scenario.ts'

export interface Shape {
  readonly name: string
  /** Policy statements, or whole policies, and request for a budget of bytes each. */
  readonly make: (policyBytes: number, requestBytes: number) => Made
}

export interface Made {
  /** Of an identity-based policy. */
  readonly statement?: object | readonly object[]
  readonly policies?: Partial<WrittenPolicies>
  readonly request: object
}

export const object = 'arn:aws:s3:::b/'

/** As many of a text as fit. */
export function fill(text: string, bytes: number): string {
  return text.repeat(Math.max(1, Math.floor(bytes / text.length)))
}

/** As many list entries as fit, made from their number. */
export function entries(make: (index: number) => string, bytes: number): readonly string[] {
  const list: string[] = []
  for (let left = bytes; ; ) {
    const entry = make(list.length)
    left -= entry.length + 3
    // An entry that is too long for the budget is cut, for a list may not be empty.
    if (left < 0) return list.length > 0 ? list : [entry.slice(0, Math.max(20, bytes))]
    list.push(entry)
  }
}

/** The list as resources of the one statement. */
export const onResource = (Resource: unknown, resource: string) => ({
  statement: { Effect: 'Allow', Action: '*', Resource },
  request: { resource },
})
/** One condition of the one statement. */
export const onCondition = (operator: string, wanted: unknown, actual: unknown, key = 'aws:PrincipalTag/t') => ({
  statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition: { [operator]: { [key]: wanted } } },
  request: { context: { [key]: actual } },
})

/** Statements that fit a budget; each is about everything and fails, or holds and denies nothing. */
export function statements(make: (index: number) => object, bytes: number): readonly object[] {
  const list: object[] = []
  for (let left = bytes; ; ) {
    const one = make(list.length)
    left -= JSON.stringify(one).length + 1
    if (left < 0 && list.length > 0) return list
    list.push(one)
  }
}

/** A statement about everything. */
export const allow = (more: object): object => ({ Effect: 'Allow', Action: '*', Resource: '*', ...more })
/** A policy. */
export const document = (Statement: readonly object[]) => ({ Version: '2012-10-17', Statement })
