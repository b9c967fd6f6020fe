/**
 * Rules about conditions that a vendor outside the customer's network and organization can not meet. In a trust policy
 * they always concern us; in the other policies only when the caller has said where our calls come from.
 */
import { parseAddressRange } from '../match/address.ts'
import { quote } from '../read/index.ts'
import type { CheckOptions, Draft } from './finding.ts'
import { containsRange } from './value-rules.ts'
import type { ConditionView, PolicyView, StatementView } from './view.ts'

const networkKeys =
  /^aws:(sourcevpc|sourcevpcarn|sourcevpce|vpcsourceip|vpceaccount|vpceorgid|vpceorgpaths|ec2instancesourcevpc|ec2instancesourceprivateipv4)$/
const organizationKeys = /^aws:principalorg(id|paths)$/

/** Checks one statement. */
export function* reachRules(view: StatementView, { options }: PolicyView): Generator<Draft> {
  const isTrust = options.kind === 'trust'
  if (!isTrust && options.egress === undefined) return
  for (const condition of view.conditions) {
    if (!binds(condition, view)) continue
    const { name, pointer } = condition
    const said = `${view.isAllow ? 'the Allow demands' : 'the Deny spares only'} ${quote(condition.key)} of the customer`
    if (networkKeys.test(name)) yield { id: 'vendor-network', pointer, message: said, part: 'key' }
    else if (organizationKeys.test(name) && isTrust)
      yield { id: 'vendor-organization', pointer, message: said, part: 'key' }
    else if (name === 'aws:sourceip') yield* addressRules(condition, options.egress)
    else if (isTrust && isMfa(condition, view)) {
      yield {
        id: 'vendor-mfa',
        pointer,
        message: `${quote(condition.key)} is demanded, and no program has it`,
        part: 'key',
      }
    }
  }
}

/**
 * Tells whether a request without the wanted value is refused: by an Allow that demands it, or by a Deny of everything
 * else. A Deny that also looks at who calls may spare us, so it is not held against anybody.
 */
function binds({ operator, name }: ConditionView, view: StatementView): boolean {
  if (operator.comparison === 'null') return false
  if (view.isAllow) return !operator.negated && !operator.ifExists
  if (view.conditions.some((one) => one.name !== name && /^aws:principal(arn|account|tag\/.*)$/.test(one.name)))
    return false
  return operator.negated || operator.comparison === 'bool'
}

function isMfa({ name, operator, values }: ConditionView, view: StatementView): boolean {
  if (name === 'aws:multifactorauthage') return view.isAllow
  if (name !== 'aws:multifactorauthpresent' || operator.comparison !== 'bool') return false
  return values.some(({ text }) => text.toLowerCase() === String(view.isAllow))
}

function* addressRules({ values, pointer }: ConditionView, egress: CheckOptions['egress']): Generator<Draft> {
  const ranges = values.flatMap(({ text }) => parseAddressRange(text) ?? [])
  // What holds every address is met by anybody.
  if (ranges.length === 0 || ranges.some(({ prefixLength }) => prefixLength === 0)) return
  const part = 'key'
  if (egress === undefined) {
    yield { id: 'vendor-address', pointer, part, message: 'the addresses that a vendor calls from may change' }
  } else if (egress === 'dynamic') {
    yield { id: 'vendor-address', pointer, part, message: 'fixed addresses are demanded, and ours are dynamic' }
  } else {
    const outside = egress.find((text) => {
      const range = parseAddressRange(text)
      return range !== null && !ranges.some((one) => containsRange(one, range))
    })
    if (outside === undefined) return
    yield { id: 'vendor-address', pointer, part, message: `our address range ${quote(outside)} is not listed` }
  }
}
