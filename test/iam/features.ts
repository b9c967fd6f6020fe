/** Counts what a differential run has hit: decisions, callers, and for every operator how often it held and did not. */
import type { PolicySet } from '../../src/iam/index.ts'
import type { Compared } from './compare.ts'
import { ownAccount } from './generate/names.ts'
import type { Scenario } from './generate/scenario.ts'

/** Counts under their names. */
export class Features {
  readonly #counts = new Map<string, Map<string, number>>()

  /** The groups in the order in which they were met first, the names of each in the order of the alphabet. */
  groups(): readonly (readonly [group: string, counts: readonly (readonly [name: string, count: number])[]])[] {
    return [...this.#counts].map(([group, counts]) => [group, [...counts].sort(([a], [b]) => (a < b ? -1 : 1))])
  }

  count(group: string, name: string): number {
    return this.#counts.get(group)?.get(name) ?? 0
  }

  add(scenario: Scenario, compared: readonly Compared[]): void {
    for (const one of compared) this.#addPair(scenario, one)
  }

  #addPair(scenario: Scenario, { request, engine, model }: Compared): void {
    this.#tally('decision', model.decision)
    this.#tally('decided by', `${model.decision}, ${engine.decidedBy}`)
    this.#tally('what stands at the resource', scenario.service)
    const isOwn = request.principal.includes(`:${request.resourceAccount}:`)
    const place = request.principal.startsWith('arn:') ? (isOwn ? ', same account' : ', other account') : ''
    this.#tally('caller', `${scenario.caller}${place}`)
    for (const element of elementsOf(scenario)) this.#tally('pairs whose policies have', element)
    for (const statement of model.statements) {
      if (!statement.actionMatched || statement.principalMatched === false || statement.resourceMatched === false)
        continue
      this.#tally('statements that match the request, conditions aside', `${statement.policyType} ${statement.effect}`)
      for (const condition of statement.conditions) {
        const outcome = condition.actual === null ? 'key absent' : 'key present'
        this.#tally('conditions that mattered', `${condition.operator}, ${outcome}, ${condition.matched}`)
      }
    }
    for (const grant of engine.grants ?? []) {
      if (!grant.keyMatched || !grant.granteeMatched || !grant.operationMatched) continue
      const decided = engine.grant === grant ? ', and decides' : ''
      this.#tally('grants to the caller', `${grant.matched ? `applies${decided}` : 'its constraints fail'}`)
      for (const { constraint, actual, matched } of grant.constraints) {
        this.#tally('constraints of grants', `${constraint}, ${actual === null ? 'absent' : 'present'}, ${matched}`)
      }
    }
  }

  #tally(group: string, name: string): void {
    const counts = this.#counts.get(group) ?? new Map<string, number>()
    counts.set(name, (counts.get(name) ?? 0) + 1)
    this.#counts.set(group, counts)
  }
}

const elements: Readonly<Record<string, RegExp>> = {
  NotAction: /"NotAction"/,
  NotResource: /"NotResource"/,
  NotPrincipal: /"NotPrincipal"/,
  'a policy variable': /\$\{[a-zA-Z]/,
  'a variable with a default': /\$\{[^}]*, '/,
  'an escape': /\$\{[*?$]\}/,
  'a policy without Version 2012-10-17': /"2008-10-17"|\{"Statement"/,
  'a set qualifier': /"For(?:All|Any)Values?:/,
  IfExists: /IfExists"/,
  'a condition': /"Condition"/,
}

function elementsOf({ policies, settings }: Scenario): readonly string[] {
  const text = JSON.stringify(policies)
  const written = Object.entries(elements).flatMap(([name, pattern]) => (pattern.test(text) ? [name] : []))
  const present = (Object.keys(policies) as (keyof PolicySet)[]).filter((type) => {
    const value = policies[type]
    return Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined
  })
  const { restrictPublicBuckets, objectOwner, objectAcl } = settings.s3 ?? {}
  const owned =
    objectOwner === undefined
      ? []
      : [`objects of ${objectOwner === ownAccount ? "the bucket's" : 'another'} account, ${objectAcl ?? 'no ACL'}`]
  const restricted = restrictPublicBuckets === true ? ['restrictPublicBuckets', ...owned] : owned
  return [...present.map((type) => (type === 'grants' ? 'grants' : `${type} policies`)), ...written, ...restricted]
}
