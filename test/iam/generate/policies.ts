/** Policies as JSON, of every type and with every element. */
import fc from 'fast-check'
import type { WrittenCondition } from './conditions.ts'
import {
  accounts,
  actionPatterns,
  federatedOf,
  otherAccount,
  ownAccount,
  providerName,
  resourcePatterns,
  roleId,
  roleOf,
  rootOf,
  type Service,
  samlProvider,
  serviceName,
  sessionOf,
  userId,
  userOf,
} from './names.ts'

/** A policy document. */
export interface WrittenPolicy {
  readonly Version?: string
  readonly Statement: unknown
}

type Element = Readonly<Record<string, unknown>>

function oneOrMore(values: readonly string[], maxLength: number): fc.Arbitrary<string | readonly string[]> {
  const one = fc.constantFrom(...values)
  return fc.oneof(
    { weight: 3, arbitrary: one },
    { weight: 2, arbitrary: fc.uniqueArray(one, { minLength: 1, maxLength }) },
  )
}

function element(name: string, values: readonly string[]): fc.Arbitrary<Element> {
  const isNegated = fc.constantFrom(false, false, false, false, true)
  return fc
    .tuple(isNegated, oneOrMore(values, 3))
    .map(([negated, value]) => ({ [negated ? `Not${name}` : name]: value }))
}

function conditionBlock(condition: fc.Arbitrary<WrittenCondition>): fc.Arbitrary<Element> {
  const some = fc.oneof(
    { weight: 4, arbitrary: fc.constant<readonly WrittenCondition[]>([]) },
    { weight: 3, arbitrary: fc.tuple(condition) },
    { weight: 1, arbitrary: fc.tuple(condition, condition) },
  )
  return some.map((conditions) => {
    const block: Record<string, Record<string, unknown>> = {}
    for (const [operator, key, value] of conditions) block[operator] = { ...block[operator], [key]: value }
    return conditions.length === 0 ? {} : { Condition: block }
  })
}

const awsPrincipals = [
  '*',
  ...accounts.flatMap((account) => [
    account,
    rootOf(account),
    roleOf(account),
    roleOf(account),
    sessionOf(account),
    userOf(account),
    federatedOf(account),
  ]),
  roleOf(ownAccount, 'other'),
  roleOf(ownAccount, 'path/app'),
  sessionOf(otherAccount, 'app', 'joe'),
  userOf(ownAccount, 'Kim'),
  userOf(ownAccount, 'team/kim'),
  roleId,
  userId,
]

const principal: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: fc.constant('*') },
  { weight: 8, arbitrary: oneOrMore(awsPrincipals, 6).map((value) => ({ AWS: value })) },
  { weight: 1, arbitrary: fc.constant({ Service: serviceName }) },
  { weight: 1, arbitrary: fc.constant({ Service: ['ec2.amazonaws.com', serviceName], AWS: otherAccount }) },
)

const trustPrincipal: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: principal },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ Federated: providerName }, { Federated: [samlProvider, 'graph.facebook.com'] }),
  },
)

/** The principals that NotPrincipal lists; a wildcard or an id that nobody can resolve is no list. */
const spared: fc.Arbitrary<unknown> = fc
  .tuple(
    fc.constantFrom(...accounts),
    fc.subarray(['account', 'role', 'session', 'user', 'federated', 'service'], { minLength: 1 }),
  )
  .map(([account, kinds]) => {
    const arns: Readonly<Record<string, string>> = {
      account: rootOf(account),
      role: roleOf(account),
      session: sessionOf(account),
      user: userOf(account),
      federated: federatedOf(account),
    }
    const AWS = kinds.map((kind) => arns[kind]).filter((arn) => arn !== undefined)
    return { ...(AWS.length > 0 ? { AWS } : {}), ...(kinds.includes('service') ? { Service: serviceName } : {}) }
  })

const effect = fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny')

function statement(
  service: Service,
  who: fc.Arbitrary<Element>,
  hasResource: boolean,
  condition: fc.Arbitrary<WrittenCondition>,
): fc.Arbitrary<Element> {
  return fc
    .tuple(
      effect,
      who,
      element('Action', actionPatterns[service]),
      hasResource ? element('Resource', resourcePatterns[service]) : fc.constant<Element>({}),
      conditionBlock(condition),
    )
    .map(([Effect, ...elements]) => Object.assign({ Effect }, ...elements))
}

function policy(one: fc.Arbitrary<Element>, maxLength: number): fc.Arbitrary<WrittenPolicy> {
  const statements = fc.oneof(one, fc.array(one, { minLength: 1, maxLength }))
  const version = fc.constantFrom('2012-10-17', '2012-10-17', '2012-10-17', '2012-10-17', '2008-10-17', undefined)
  return fc
    .tuple(version, statements)
    .map(([Version, Statement]) => (Version === undefined ? { Statement } : { Version, Statement }))
}

const nobody = fc.constant<Element>({})

type Conditions = fc.Arbitrary<WrittenCondition>

/** Identity-based policies, boundaries, session policies and service control policies: no principal. */
export function principalLess(service: Service, condition: Conditions): fc.Arbitrary<WrittenPolicy> {
  return policy(statement(service, nobody, true, condition), 3)
}

/** Allows everything; without such policies organizations and boundaries would refuse nearly all. */
export const allowAll: WrittenPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
}

/** What stands at the resource: bucket policy (with NotPrincipal), trust policy or key policy. */
export function resourcePolicy(service: Service, condition: Conditions): fc.Arbitrary<WrittenPolicy> {
  if (service === 'trust') return policy(statement(service, named(trustPrincipal), false, condition), 4)
  if (service === 'key') return policy(statement(service, named(principal), true, condition), 4)
  const notPrincipal = spared.map((value): Element => ({ NotPrincipal: value }))
  const who = fc.oneof({ weight: 6, arbitrary: named(principal) }, { weight: 1, arbitrary: notPrincipal })
  return policy(statement(service, who, true, condition), 4)
}

/** Resource control policies speak to everybody. */
export function controlPolicy(service: Service, condition: Conditions): fc.Arbitrary<WrittenPolicy> {
  return policy(statement(service, fc.constant({ Principal: '*' }), true, condition), 2)
}

export function endpointPolicy(service: Service, condition: Conditions): fc.Arbitrary<WrittenPolicy> {
  return policy(statement(service, named(principal), true, condition), 3)
}

function named(who: fc.Arbitrary<unknown>): fc.Arbitrary<Element> {
  return who.map((value) => ({ Principal: value }))
}
