/**
 * Puts one scenario before engine and reference model and compares: the verdict of the quick path, the verdict with
 * explanation, the policy type that decided, and for every statement each part of it.
 */
import {
  type AccessRequest,
  type ConditionOutcome,
  decide,
  type Evaluation,
  evaluate,
  type NamedPolicy,
  type PolicySet,
  parsePolicy,
  readGrants,
  type StatementOutcome,
} from '../../src/iam/index.ts'
import { decideSlowly, jsonOf, type ReferenceAnswer } from '../reference/index.ts'
import type { Scenario, WrittenPolicies } from './generate/scenario.ts'

/** What engine and model made of one request. */
export interface Compared {
  readonly request: AccessRequest
  readonly engine: Evaluation
  readonly model: ReferenceAnswer
  /** One line each; empty when they agree. */
  readonly differences: readonly string[]
}

/** Reads the policies with the engine's parser. @throws Error when a generated policy is malformed */
export function readPolicies(written: WrittenPolicies): PolicySet {
  const grants = written.grants === undefined ? null : readGrants({ Grants: written.grants })
  if (grants !== null && !grants.ok) throw new Error(grants.error)
  const named = (name: string) => (value: unknown) => read(name, value)
  const perhaps = (name: string, value: unknown) => (value === null ? null : read(name, value))
  return {
    identity: written.identity.map((value, i) => read(`identity[${i}]`, value)),
    boundary: perhaps('boundary', written.boundary),
    session: perhaps('session', written.session),
    scp: written.scp.map((level, i) => level.map(named(`scp[${i}]`))),
    rcp: written.rcp.map((level, i) => level.map(named(`rcp[${i}]`))),
    resource: perhaps('resource', written.resource),
    vpcEndpoint: perhaps('vpcEndpoint', written.vpcEndpoint),
    ...(grants === null ? {} : { grants: grants.value }),
  }
}

function read(name: string, value: unknown): NamedPolicy {
  const policy = parsePolicy(value)
  if (!policy.ok) throw new Error(`${name}: ${policy.error[0]?.message}: ${JSON.stringify(value).slice(0, 400)}`)
  return { name, policy: policy.value }
}

/** Compares on every request of the scenario. */
export function compareScenario(scenario: Scenario): readonly Compared[] {
  const policies = readPolicies(scenario.policies)
  // The model reads the grants by itself.
  const json = { ...jsonOf(policies), grants: scenario.policies.grants ?? [] }
  return scenario.requests.map((request) => {
    const engine = evaluate(request, policies, scenario.settings)
    const quick = decide(request, policies, scenario.settings)
    const model = decideSlowly(request, json, scenario.settings)
    const differences = [...verdictDifferences(engine, quick, model), ...statementDifferences(engine, model)]
    return { request, engine, model, differences }
  })
}

function verdictDifferences(engine: Evaluation, quick: string, model: ReferenceAnswer): readonly string[] {
  const differences: string[] = []
  if (engine.decision !== model.decision)
    differences.push(`evaluate says ${engine.decision}, the model ${model.decision}`)
  if (quick !== model.decision) differences.push(`decide says ${quick}, the model ${model.decision}`)
  if (!model.deciders.includes(engine.decidedBy)) {
    differences.push(`evaluate says by ${engine.decidedBy}, the model by ${model.deciders.join(' or ')}`)
  }
  return differences
}

function statementDifferences(engine: Evaluation, model: ReferenceAnswer): readonly string[] {
  const [ours, theirs] = [byPlace(engine.statements), byPlace(model.statements)]
  const places = [...new Set([...ours.keys(), ...theirs.keys()])]
  return places
    .filter((place) => ours.get(place) !== theirs.get(place))
    .map((place) => `${place}: evaluate says ${ours.get(place)}, the model ${theirs.get(place)}`)
}

/** Statements under their place; policies of one level bear one name, so a place may hold several. */
function byPlace(statements: readonly StatementOutcome[]): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  for (const one of statements) {
    const place = `${one.policyType} ${one.policy} statement ${one.index}`
    places.set(place, [places.get(place), partsOf(one)].filter((text) => text !== undefined).join(' | '))
  }
  return places
}

function partsOf(one: StatementOutcome): string {
  const { matched, principalMatched, actionMatched, resourceMatched } = one
  const conditions = one.conditions.map(conditionText).join(', ')
  return `${matched} (principal ${principalMatched}, action ${actionMatched}, resource ${resourceMatched}, ${conditions})`
}

function conditionText(one: ConditionOutcome): string {
  return `${one.operator} ${one.key} ${one.matched}`
}
