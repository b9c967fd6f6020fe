/** Rules about the document: size, characters, version, Sids, and what a policy of its kind must have at all. */
import { isRcpService } from '../data/index.ts'
import { isObject, quote } from '../read/index.ts'
import type { Draft, PolicyKind } from './finding.ts'
import type { PolicyView, StatementView } from './view.ts'

/** Characters that AWS counts, and what it accepts. */
interface SizeLimit {
  readonly most: number
  /** Above this the policy fits only in part; said by `partly`. */
  readonly comfortable?: number
  readonly partly?: string
  readonly unit: 'characters' | 'characters without white space' | 'bytes'
}

const limits: Readonly<Record<PolicyKind, SizeLimit>> = {
  trust: {
    most: 4096,
    comfortable: 2048,
    partly: 'which needs a higher quota for role trust policies',
    unit: 'characters without white space',
  },
  identity: {
    most: 10_240,
    comfortable: 6144,
    partly: 'which fits only as inline policy of a role, not as managed policy',
    unit: 'characters without white space',
  },
  boundary: { most: 6144, unit: 'characters without white space' },
  session: { most: 2048, unit: 'characters' },
  bucket: { most: 20_480, unit: 'bytes' },
  key: { most: 32_768, unit: 'bytes' },
  scp: { most: 5120, unit: 'characters' },
  rcp: { most: 5120, unit: 'characters' },
}

/** Kinds of which every character of the text counts, white space too. */
const countedAsWritten: readonly PolicyKind[] = ['session', 'scp', 'rcp']

/** Checks the size. A value counts as its compact text. */
export function* sizeRules(view: PolicyView, text: string | null): Generator<Draft> {
  const limit = limits[view.options.kind]
  const compact = JSON.stringify(view.policy.source)
  const size = measure(countedAsWritten.includes(view.options.kind) ? (text ?? compact) : compact, limit.unit)
  const counted = `the policy has ${size} ${limit.unit}`
  if (size > limit.most) {
    yield { id: 'policy-too-large', pointer: '', message: `${counted}; AWS accepts ${limit.most}` }
  } else if (limit.comfortable !== undefined && size > limit.comfortable) {
    yield { id: 'policy-large', pointer: '', message: `${counted}, ${limit.partly ?? ''}` }
  }
}

function measure(text: string, unit: SizeLimit['unit']): number {
  if (unit === 'characters') return text.length
  if (unit === 'bytes') return new TextEncoder().encode(text).length
  return text.replace(/\s/g, '').length
}

const iamKinds: readonly PolicyKind[] = ['trust', 'identity', 'boundary', 'session']

/** Checks the text for characters that the API does not take. */
export function* characterRules(text: string, kind: PolicyKind): Generator<Draft & { readonly offset: number }> {
  const found = iamKinds.includes(kind) ? /[^\t\n\r\u0020-\u00ff]/u.exec(text.replace(/^\ufeff/, ' ')) : null
  if (found === null) return
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  yield {
    id: 'character-not-allowed',
    pointer: '',
    offset: found.index,
    message: `the character U+${code} is not taken in a policy of this kind`,
  }
}

/** Checks the version and that there are statements. */
export function* versionRules(view: PolicyView): Generator<Draft> {
  const { source, version } = view.policy
  const isGiven = isObject(source) && source['Version'] !== undefined
  if (!isGiven) yield { id: 'version-missing', pointer: '', message: 'the policy has no Version' }
  else if (version === '2008-10-17') {
    yield { id: 'version-old', pointer: '/Version', message: 'the version is `2008-10-17`' }
  }
  const statement = isObject(source) ? source['Statement'] : undefined
  if (Array.isArray(statement) && statement.length === 0) {
    yield { id: 'no-statements', pointer: '/Statement', message: 'the policy has no statements' }
  }
}

const resourceBased: readonly PolicyKind[] = ['trust', 'bucket', 'key']

/** Checks that Sids are unique and of the form that IAM takes. */
export function* sidRules(view: PolicyView): Generator<Draft> {
  const { kind } = view.options
  const seen = new Set<string>()
  for (const { statement, pointer } of view.statements) {
    const { sid } = statement
    if (sid === undefined) continue
    const at = `${pointer}/Sid`
    if (seen.has(sid)) {
      const id = resourceBased.includes(kind) ? 'sid-repeated' : 'sid-not-unique'
      yield { id, pointer: at, message: `the Sid ${quote(sid)} stands above already` }
    }
    seen.add(sid)
    if (kind !== 'bucket' && kind !== 'key' && !/^[A-Za-z0-9]*$/.test(sid)) {
      yield { id: 'sid-characters', pointer: at, message: `the Sid ${quote(sid)} holds more than letters and digits` }
    }
  }
}

/** Checks what limiting policies and resource control policies must have. */
export function* limitRules(view: PolicyView): Generator<Draft> {
  const { kind } = view.options
  if (kind === 'boundary' || kind === 'session') {
    if (view.statements.length > 0 && !view.statements.some((statement) => statement.isAllow)) {
      const what = kind === 'boundary' ? 'boundary' : 'session policy'
      yield { id: 'limit-without-allow', pointer: '/Statement', message: `the ${what} allows nothing` }
    }
  }
  if (kind === 'rcp') for (const statement of view.statements) yield* rcpRules(statement)
}

function* rcpRules(view: StatementView): Generator<Draft> {
  const { statement, pointer, actions } = view
  if (view.isAllow) {
    yield {
      id: 'rcp-form',
      pointer: `${pointer}/Effect`,
      message: 'a resource control policy of one’s own only denies',
    }
  }
  const isEverybody = statement.principal?.negated === false && view.principals.every(({ text }) => text === '*')
  if (!isEverybody) {
    const at = statement.principal === undefined ? pointer : view.principalPointer
    yield { id: 'rcp-form', pointer: at, message: 'the principal of a resource control policy is `*`' }
  }
  if (statement.action.negated) {
    yield { id: 'rcp-form', pointer: view.actionPointer, message: 'a resource control policy takes no NotAction' }
  }
  for (const action of actions) {
    if (action.service === '*') {
      yield { id: 'rcp-form', pointer: action.pointer, message: 'a resource control policy names its services' }
    } else if (action.isKnownService && !isRcpService(action.service)) {
      const message = `resource control policies do not bind the service of ${quote(action.text)}`
      yield { id: 'rcp-form', pointer: action.pointer, message }
    }
  }
}
