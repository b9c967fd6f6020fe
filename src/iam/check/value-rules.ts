/** Rules about the values of conditions: readable for their operator, meant literally or as patterns, given once. */
import { parseAddressRange } from '../match/address.ts'
import { parseBinary, parseDecimal, parseInstant } from '../match/scalar.ts'
import { quote } from '../read/index.ts'
import { accountFault, arnRules, isOpen } from './arn-rules.ts'
import type { Draft } from './finding.ts'
import type { FindingId } from './finding-table.ts'
import { comparable } from './pattern.ts'
import type { ConditionView, Located, PolicyView, StatementView } from './view.ts'

/** Checks the values of one condition. */
export function* valueRules(condition: ConditionView, view: StatementView, policy: PolicyView): Generator<Draft> {
  const { values, key, pointer } = condition
  if (values.length === 0) {
    yield { id: 'condition-without-values', pointer, message: `no value is listed for ${quote(key)}` }
  }
  const seen = new Set<string>()
  for (const value of values) {
    if (seen.has(value.text)) {
      yield { id: 'value-repeated', pointer: value.pointer, message: `${quote(value.text)} stands above already` }
    }
    seen.add(value.text)
    yield* formRules(condition, value)
    yield* literalRules(condition, value, policy.hasVariables)
    yield* accountRules(condition, value)
    if (condition.name === 'aws:sourceip') yield* addressRules(condition, value, view)
  }
}

interface Form {
  readonly id: FindingId
  readonly what: string
  readonly isRead: (text: string) => boolean
}

const forms: Readonly<Partial<Record<ConditionView['operator']['comparison'], Form>>> = {
  number: { id: 'value-number', what: 'no number', isRead: (text) => parseDecimal(text) !== null },
  date: { id: 'value-date', what: 'no date', isRead: (text) => parseInstant(text) !== null },
  bool: { id: 'value-bool', what: 'neither true nor false', isRead: (text) => /^(true|false)$/i.test(text) },
  binary: { id: 'value-binary', what: 'not base64', isRead: (text) => parseBinary(text) !== null },
  address: { id: 'value-address', what: 'no IP address or range', isRead: (text) => parseAddressRange(text) !== null },
  arn: { id: 'value-arn', what: 'no ARN', isRead: isArnPattern },
}

function isArnPattern(text: string): boolean {
  return /^\*+$/.test(text) || (/^(arn|\*)/.test(text) && text.split(':', 6).length === 6) || text.includes('${')
}

function* formRules({ operator, key }: ConditionView, value: Located): Generator<Draft> {
  const form = forms[operator.comparison]
  if (form === undefined) return
  if (!form.isRead(value.text)) {
    const message = `${quote(value.text)}, wanted of ${quote(key)}, is ${form.what}`
    yield { id: form.id, pointer: value.pointer, message }
  } else if (operator.comparison === 'arn' && value.text.startsWith('arn:')) yield* arnRules(value)
}

/** `*` in a value that is compared literally. `${*}` is the escape for that and means it. */
function* literalRules({ operator }: ConditionView, value: Located, variables: boolean): Generator<Draft> {
  if (operator.comparison !== 'string' && operator.comparison !== 'stringIgnoreCase') return
  if (!value.text.includes('*') || !comparable(value.text, variables).tokens.includes('star')) return
  const message = `\`*\` in ${quote(value.text)} stands for itself under ${operator.name}`
  yield { id: 'wildcard-not-like', pointer: value.pointer, message }
}

const accountKeys =
  /^(aws:(principal|source|resource)account|aws:sourceowner|s3:(resource|dataaccesspoint)account|kms:calleraccount)$/

function* accountRules({ operator, name }: ConditionView, { text, pointer }: Located): Generator<Draft> {
  if (!accountKeys.test(name) || operator.comparison === 'null' || isOpen(text) || /^\d{12}$/.test(text)) return
  yield { id: 'account-id', pointer, message: accountFault(text) }
}

const privateRanges = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
]

function isPrivate(range: Range): boolean {
  return privateRanges.some((text) => {
    const known = parseAddressRange(text)
    return known !== null && containsRange(known, range)
  })
}

function* addressRules({ operator }: ConditionView, { text, pointer }: Located, view: StatementView): Generator<Draft> {
  const range = parseAddressRange(text)
  if (range === null || operator.comparison !== 'address') return
  if (range.prefixLength === 0) {
    if (view.isAllow !== operator.negated) {
      yield { id: 'address-everything', pointer, message: `${quote(text)} holds every address` }
    }
    return
  }
  if (isPrivate(range)) {
    yield { id: 'address-private', pointer, message: `${quote(text)} is private, and aws:SourceIp never is` }
  }
  if (hasHostBits(range)) {
    yield { id: 'address-host-bits', pointer, message: `${quote(text)} has bits set behind its prefix` }
  }
}

type Range = NonNullable<ReturnType<typeof parseAddressRange>>

/** Tells whether every address of the second range lies in the first. */
export function containsRange(outer: Range, inner: Range): boolean {
  if (outer.base.length !== inner.base.length || outer.prefixLength > inner.prefixLength) return false
  return bits(outer).slice(0, outer.prefixLength) === bits(inner).slice(0, outer.prefixLength)
}

function hasHostBits(range: Range): boolean {
  return bits(range).includes('1', range.prefixLength)
}

function bits({ base }: Range): string {
  return base.map((group) => group.toString(2).padStart(16, '0')).join('')
}
