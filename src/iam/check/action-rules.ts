/** Rules about Action and NotAction: names that exist, services that fit the kind of policy, and wildcards that go too far. */
import { actionsOf, serviceNames } from '../data/index.ts'
import { quote } from '../read/index.ts'
import type { Draft, PolicyKind } from './finding.ts'
import { didYouMean } from './nearest-name.ts'
import { comparable, covers } from './pattern.ts'
import type { ActionView, Located, PolicyView, StatementView } from './view.ts'

const onlyService: Readonly<Partial<Record<PolicyKind, string>>> = { trust: 'sts', bucket: 's3', key: 'kms' }

/** Checks the actions of one statement. */
export function* actionRules(view: StatementView, policy: PolicyView): Generator<Draft> {
  const { kind } = policy.options
  for (const action of view.actions) {
    yield* nameRules(action)
    yield* serviceRules(action, kind)
    if (kind === 'trust' && view.isAllow && action.service === 'sts' && action.hasWildcard) {
      yield { id: 'trust-action-wildcard', pointer: action.pointer, message: `${quote(action.text)} is a wildcard` }
    }
  }
  if (view.statement.action.negated && view.isAllow) {
    yield {
      id: 'not-action-allow',
      pointer: view.actionPointer,
      message: 'the statement allows whatever NotAction does not list',
    }
  }
  yield* redundantEntries(view.actions, 'action-redundant', true, false)
  if (kind === 'trust') yield* assumeRules(view)
}

function* nameRules(action: ActionView): Generator<Draft> {
  const { text, service, facts, pointer } = action
  if (!action.isKnownService) {
    const message = `no service has the prefix of ${quote(text)}${didYouMean(service, serviceNames())}`
    yield { id: 'action-unknown-service', pointer, message }
  } else if (facts !== null && facts.length === 0) {
    const names = [...(actionsOf(service)?.values() ?? [])].map((known) => `${service}:${known.name}`)
    yield { id: 'action-unknown', pointer, message: `no action fits ${quote(text)}${didYouMean(text, names)}` }
  }
}

function* serviceRules({ text, service, isKnownService, pointer }: ActionView, kind: PolicyKind): Generator<Draft> {
  const only = onlyService[kind]
  if (only === undefined || service === only || !isKnownService) return
  if (service === '*' && kind !== 'trust') return
  yield {
    id: 'action-wrong-service',
    pointer,
    message: `${kindName(kind)} takes actions of ${only} alone, not ${quote(text)}`,
  }
}

/** `a trust policy`, as it stands in a sentence. */
export function kindName(kind: PolicyKind): string {
  return kindNames[kind]
}

const kindNames: Readonly<Record<PolicyKind, string>> = {
  trust: 'a trust policy',
  identity: 'an identity-based policy',
  bucket: 'a bucket policy',
  key: 'a key policy',
  scp: 'a service control policy',
  rcp: 'a resource control policy',
  session: 'a session policy',
  boundary: 'a permissions boundary',
}

/** More entries than this are not compared with each other: the policy is too large anyway. */
const maxCompared = 300

/** Finds entries that another entry of the list covers. Of two that say the same, the later one is found. */
export function* redundantEntries(
  entries: readonly Located[],
  id: 'action-redundant' | 'resource-redundant',
  isCaseless: boolean,
  variables: boolean,
): Generator<Draft> {
  if (entries.length > maxCompared) return
  const patterns = entries.map(({ text }) => comparable(isCaseless ? text.toLowerCase() : text, variables))
  for (const [i, entry] of entries.entries()) {
    const mine = patterns[i]
    if (mine === undefined) continue
    const by = patterns.findIndex((other, j) => i !== j && covers(other, mine) && (j < i || !covers(mine, other)))
    const other = entries[by]
    if (other !== undefined) {
      yield { id, pointer: entry.pointer, message: `${quote(entry.text)} is covered by ${quote(other.text)}` }
    }
  }
}

const assumeActions: Readonly<Record<string, 'AWS' | 'Federated'>> = {
  assumerole: 'AWS',
  assumerolewithsaml: 'Federated',
  assumerolewithwebidentity: 'Federated',
}

/** A provider's users come with an assertion, everybody else with credentials. */
function* assumeRules(view: StatementView): Generator<Draft> {
  if (!view.isAllow || view.statement.action.negated || view.principals.length === 0) return
  const assuming = view.actions.filter(
    (action) => !action.hasWildcard && action.text.toLowerCase().slice(4) in assumeActions,
  )
  for (const { text, pointer } of assuming) {
    const wanted = assumeActions[text.toLowerCase().slice(4)]
    const fits = view.principals.some(({ type, text: name }) =>
      wanted === 'Federated' ? type === 'Federated' || name === '*' : type !== 'Federated',
    )
    if (!fits) {
      const message = `no principal of the statement can call ${quote(text)}`
      yield { id: 'trust-action-principal', pointer, message }
    }
  }
}
