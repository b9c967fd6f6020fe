/**
 * Reads the service table. A row is a kind and words: `services` and `rcp` list service prefixes; `keys TYPE …` lists
 * condition keys; `service` opens a service, whose own keys are written without the prefix; `resource NAME ARN KEYS…`;
 * `usual KEYS…` are the keys that `~` stands for in `set NUMBER KEYS…`; `action NAME LEVELS RESOURCES SET DEPENDENT`, where
 * `!` marks a resource type that must be given. `PCR0-31` stands for thirty-two keys.
 */

/** What an action does to the account, as the service authorization reference classes it. */
export type AccessLevel = 'read' | 'write' | 'list' | 'tagging' | 'permissions'

/** The type of a condition key's values, as AWS names it; `ArrayOf…` marks a multi-valued key. */
export type KeyType = 'ARN' | 'ArrayOfARN' | 'ArrayOfString' | 'Bool' | 'Date' | 'IPAddress' | 'Numeric' | 'String'

/** One condition key; `<TagKey>` and the like stand for a part that the policy chooses. */
export interface ConditionKeyFacts {
  readonly name: string
  readonly type: KeyType
}

/** One resource type of a service. */
export interface ResourceTypeFacts {
  readonly name: string
  /** `arn:<Partition>:s3:::<BucketName>/<ObjectName>`. */
  readonly arn: string
}

/** One action of a service. */
export interface ActionFacts {
  readonly service: string
  /** Without the service, as AWS writes it. */
  readonly name: string
  readonly levels: readonly AccessLevel[]
  /** Empty: the action works on no resource, and its Resource is `*`. */
  readonly resources: readonly (ResourceTypeFacts & { readonly required: boolean })[]
  /** The keys that requests of this action carry besides the global ones. */
  readonly conditionKeys: readonly string[]
  readonly dependentActions: readonly string[]
}

/** The table, ready for looking up. */
export interface ServiceTable {
  readonly services: readonly string[]
  readonly rcpServices: readonly string[]
  readonly keys: readonly ConditionKeyFacts[]
  /** By lower-case service, then by lower-case name. */
  readonly actions: ReadonlyMap<string, ReadonlyMap<string, ActionFacts>>
}

const levelNames: Readonly<Record<string, AccessLevel>> = {
  R: 'read',
  W: 'write',
  L: 'list',
  T: 'tagging',
  P: 'permissions',
}
const keyTypes = ['ARN', 'ArrayOfARN', 'ArrayOfString', 'Bool', 'Date', 'IPAddress', 'Numeric', 'String'] as const

/** The service whose rows are being read. */
interface OpenService {
  readonly name: string
  readonly resources: Map<string, ResourceTypeFacts & { readonly keys: readonly string[] }>
  usual: readonly string[]
  readonly sets: Map<string, readonly string[]>
  readonly actions: Map<string, ActionFacts>
}

/** Reads the whole table. @throws TypeError when a row has no such form, which would be a fault of the build. */
export function parseTable(text: string): ServiceTable {
  const services: string[] = []
  const rcpServices: string[] = []
  const keys: ConditionKeyFacts[] = []
  const actions = new Map<string, ReadonlyMap<string, ActionFacts>>()
  let open = openService('')
  for (const row of text.split('\n')) {
    const [kind = '', ...words] = row.split(' ')
    if (kind === 'services') services.push(...words)
    else if (kind === 'rcp') rcpServices.push(...words)
    else if (kind === 'keys') keys.push(...readKeys(open.name, words))
    else if (kind === 'service') {
      open = openService(words[0] ?? '')
      actions.set(open.name, open.actions)
    } else if (kind !== '') readServiceRow(open, kind, words)
  }
  return { services, rcpServices, keys, actions }
}

function openService(name: string): OpenService {
  return { name, resources: new Map(), usual: [], sets: new Map(), actions: new Map() }
}

function readKeys(service: string, [type = '', ...names]: readonly string[]): readonly ConditionKeyFacts[] {
  const known = keyTypes.find((name) => name === type)
  if (known === undefined) throw new TypeError(`unknown key type \`${type}\` in the service table`)
  return fullKeys(service, names).map((name) => ({ name, type: known }))
}

function readServiceRow(service: OpenService, kind: string, words: readonly string[]): void {
  const [name = '', second = '', ...rest] = words
  if (kind === 'resource') {
    service.resources.set(name, { name, arn: second, keys: fullKeys(service.name, rest) })
  } else if (kind === 'usual') service.usual = fullKeys(service.name, words)
  else if (kind === 'set') {
    const names = words.slice(1)
    const usual = names[0] === '~' ? service.usual : []
    service.sets.set(name, [...usual, ...fullKeys(service.name, usual.length > 0 ? names.slice(1) : names)])
  } else if (kind === 'action') service.actions.set(name.toLowerCase(), readAction(service, words))
  else throw new TypeError(`unknown row \`${kind}\` in the service table`)
}

function readAction(service: OpenService, words: readonly string[]): ActionFacts {
  const [name = '', levels = '', resources = '', set = '', dependent = ''] = words
  const types = listed(resources).map((word) => {
    const type = service.resources.get(word.replace(/!$/, ''))
    if (type === undefined) throw new TypeError(`unknown resource type \`${word}\` in the service table`)
    return { name: type.name, arn: type.arn, keys: type.keys, required: word.endsWith('!') }
  })
  const own = service.sets.get(set)
  if (own === undefined) throw new TypeError(`unknown key set \`${set}\` in the service table`)
  return {
    service: service.name,
    name,
    levels: [...levels].flatMap((letter) => levelNames[letter] ?? []),
    resources: types.map((type) => ({ name: type.name, arn: type.arn, required: type.required })),
    conditionKeys: [...new Set([...own, ...types.flatMap((type) => type.keys)])],
    dependentActions: listed(dependent),
  }
}

function listed(word: string): readonly string[] {
  return word === '-' ? [] : word.split(',')
}

/** Puts the service's prefix back and writes ranges out. */
function fullKeys(service: string, names: readonly string[]): readonly string[] {
  return names.flatMap((short) => {
    const name = short.startsWith(':') ? service + short : short
    const range = /^(.*PCR)0-(\d+)$/.exec(name)
    if (range === null) return [name]
    return Array.from({ length: Number(range[2]) + 1 }, (_, i) => `${range[1] ?? ''}${i}`)
  })
}
