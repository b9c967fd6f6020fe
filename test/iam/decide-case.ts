/** Runs a case file's case on the reference model, with a reading of the form that is the model's own. */
import type { AccessRequest, Decision, EvaluationSettings } from '../../src/iam/index.ts'
import { decideSlowly, type JsonPolicies, type JsonPolicy, type ListedGrant } from '../reference/index.ts'

type Value = string | number | boolean

/** A case as JSON has it; checked against the published schema elsewhere. */
interface CaseForm {
  readonly request: Omit<AccessRequest, 'context' | 'resourceAccount'> & {
    readonly resourceAccount?: string
    readonly context?: Readonly<Record<string, Value | readonly Value[]>>
  }
  readonly policies: Partial<{
    readonly identity: readonly unknown[]
    readonly boundary: unknown
    readonly session: unknown
    readonly scp: readonly (readonly unknown[])[]
    readonly rcp: readonly (readonly unknown[])[]
    readonly resource: unknown
    readonly vpcEndpoint: unknown
    readonly grants: readonly ListedGrant[] | { readonly Grants: readonly ListedGrant[] } | null
  }>
  readonly settings?: EvaluationSettings
}

/** The reference model's decision about a case that fits the schema. */
export function decideCase(value: unknown): Decision {
  const { request, policies, settings = {} } = value as CaseForm
  const context = Object.entries(request.context ?? {}).map(([key, given]) => [key, textOf(given)] as const)
  const resourceAccount = request.resourceAccount ?? request.resource.split(':')[4] ?? ''
  const asked = { ...request, resourceAccount, context: Object.fromEntries(context) }
  return decideSlowly(asked, readPolicies(policies), settings).decision
}

function readPolicies(policies: CaseForm['policies']): JsonPolicies {
  return {
    identity: (policies.identity ?? []).map(named),
    boundary: perhaps(policies.boundary),
    session: perhaps(policies.session),
    scp: (policies.scp ?? []).map((level) => level.map(named)),
    rcp: (policies.rcp ?? []).map((level) => level.map(named)),
    resource: perhaps(policies.resource),
    vpcEndpoint: perhaps(policies.vpcEndpoint),
    grants: grantsIn(policies.grants ?? []),
  }
}

function grantsIn(given: NonNullable<CaseForm['policies']['grants']>): readonly ListedGrant[] {
  return 'Grants' in given ? given.Grants : given
}

function textOf(given: Value | readonly Value[]): string | readonly string[] {
  return isList(given) ? given.map(String) : String(given)
}

function isList(given: Value | readonly Value[]): given is readonly Value[] {
  return Array.isArray(given)
}

function named(policy: unknown): JsonPolicy {
  return { name: 'policy', json: typeof policy === 'string' ? JSON.parse(policy) : policy }
}

function perhaps(policy: unknown): JsonPolicy | null {
  return policy === null || policy === undefined ? null : named(policy)
}
