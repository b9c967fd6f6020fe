/**
 * What AWS's services call things: actions, resource types and condition keys. Loaded by `check` alone, so that whoever
 * only evaluates does not carry the table.
 */
import { type Glob, globMatches } from '../match/glob.ts'
import { type ActionFacts, type ConditionKeyFacts, parseTable, type ServiceTable } from './parse-table.ts'
import { serviceTable } from './service-table.ts'

export type { ActionFacts, ConditionKeyFacts, KeyType } from './parse-table.ts'
export { tableSource } from './service-table.ts'

interface Lookup extends ServiceTable {
  readonly serviceNames: ReadonlySet<string>
  readonly rcpNames: ReadonlySet<string>
  readonly exactKeys: ReadonlyMap<string, ConditionKeyFacts>
  readonly openKeys: readonly OpenKey[]
}

/** A key with a part that the policy chooses, cut around it; lower case. */
interface OpenKey {
  readonly head: string
  readonly tail: string
  readonly facts: ConditionKeyFacts
}

let prepared: Lookup | null = null

function lookup(): Lookup {
  prepared ??= prepare(parseTable(serviceTable))
  return prepared
}

function prepare(table: ServiceTable): Lookup {
  const exactKeys = new Map<string, ConditionKeyFacts>()
  const openKeys: OpenKey[] = []
  for (const facts of table.keys) {
    const name = facts.name.toLowerCase()
    const part = /^([^<]*)<[^>]*>([^<]*)$/.exec(name)
    if (part === null) exactKeys.set(name, facts)
    else openKeys.push({ head: part[1] ?? '', tail: part[2] ?? '', facts })
  }
  return {
    ...table,
    serviceNames: new Set(table.services),
    rcpNames: new Set(table.rcpServices),
    exactKeys,
    openKeys,
  }
}

/** Tells whether AWS has a service of that prefix, in any letter case. */
export function isService(prefix: string): boolean {
  return lookup().serviceNames.has(prefix.toLowerCase())
}

/** All service prefixes. */
export function serviceNames(): readonly string[] {
  return lookup().services
}

/** Tells whether resource control policies bind the service. */
export function isRcpService(prefix: string): boolean {
  return lookup().rcpNames.has(prefix.toLowerCase())
}

/** The actions of a service by lower-case name; null for a service whose actions are not known one by one. */
export function actionsOf(service: string): ReadonlyMap<string, ActionFacts> | null {
  return lookup().actions.get(service.toLowerCase()) ?? null
}

/** The known actions that fit a pattern of lower-case names, in the table's order. */
export function actionsMatching(service: string, name: Glob): readonly ActionFacts[] {
  const actions = actionsOf(service)
  if (actions === null) return []
  if (name.exact !== null) {
    const one = actions.get(name.exact)
    return one === undefined ? [] : [one]
  }
  return [...actions].flatMap(([lower, facts]) => (globMatches(name, lower) ? [facts] : []))
}

/** The facts of a condition key, in any letter case; null for a key that the table does not have. */
export function findConditionKey(key: string): ConditionKeyFacts | null {
  const name = key.toLowerCase()
  const { exactKeys, openKeys } = lookup()
  const exact = exactKeys.get(name)
  if (exact !== undefined) return exact
  const open = openKeys.find(
    ({ head, tail }) => name.length > head.length + tail.length && name.startsWith(head) && name.endsWith(tail),
  )
  return open?.facts ?? null
}

/** The names of all condition keys, as AWS writes them. */
export function conditionKeyNames(): readonly string[] {
  return lookup().keys.map((key) => key.name)
}
