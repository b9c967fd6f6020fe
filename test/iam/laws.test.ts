/**
 * Laws of the policy language on the scenarios of the differential test, which reach further than those beside the engine:
 * every operator, NotPrincipal, variables, all kinds of callers.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AccessRequest, type Decision, decide, evaluate } from '../../src/iam/index.ts'
import { readPolicies } from './compare.ts'
import { anyGrants } from './generate/grants.ts'
import { otherAccount, ownAccount, sessionOf, userOf } from './generate/names.ts'
import type { WrittenPolicy } from './generate/policies.ts'
import { anyScenario, type Scenario, type WrittenPolicies } from './generate/scenario.ts'

const scenarios = anyScenario(3)
const runs = { numRuns: 1_500, seed: 3 }

type Element = Readonly<Record<string, unknown>>

function statementsOf({ Statement }: WrittenPolicy): readonly Element[] {
  return Array.isArray(Statement) ? Statement : [Statement as Element]
}

/** The same policies with the statements of each gone through. */
function mapStatements(
  policies: WrittenPolicies,
  change: (statements: readonly Element[], type: keyof WrittenPolicies) => readonly Element[],
): WrittenPolicies {
  const one = (type: keyof WrittenPolicies) => (policy: WrittenPolicy) => ({
    ...policy,
    Statement: change(statementsOf(policy), type),
  })
  const perhaps = (type: 'boundary' | 'session' | 'resource' | 'vpcEndpoint') => {
    const policy = policies[type]
    return policy === null ? null : one(type)(policy)
  }
  return {
    ...policies,
    identity: policies.identity.map(one('identity')),
    boundary: perhaps('boundary'),
    session: perhaps('session'),
    scp: policies.scp.map((level) => level.map(one('scp'))),
    rcp: policies.rcp.map((level) => level.map(one('rcp'))),
    resource: perhaps('resource'),
    vpcEndpoint: perhaps('vpcEndpoint'),
  }
}

function decisions({ requests, settings }: Scenario, policies: WrittenPolicies): readonly Decision[] {
  const read = readPolicies(policies)
  return requests.map((request) => decide(request, read, settings))
}

/** Every policy cut into policies of one statement each, where a set may have several. */
function scattered(policies: WrittenPolicies): WrittenPolicies {
  const cut = (policy: WrittenPolicy) => statementsOf(policy).map((Statement) => ({ ...policy, Statement }))
  const turned = (level: readonly WrittenPolicy[]) => level.flatMap(cut).reverse()
  return {
    ...policies,
    identity: turned(policies.identity),
    scp: policies.scp.map(turned),
    rcp: policies.rcp.map(turned),
  }
}

describe('for every scenario', () => {
  test('policies that were used before decide as freshly read ones do', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const used = readPolicies(scenario.policies)
        const ask = (request: AccessRequest) => decide(request, used, scenario.settings)
        const first = scenario.requests.map(ask)
        const again = [...scenario.requests].reverse().map(ask).reverse()
        expect(again).toEqual(first)
        expect(decisions(scenario, scenario.policies)).toEqual(first)
        expect(scenario.requests.map((one) => evaluate(one, used, scenario.settings).decision)).toEqual(first)
      }),
      runs,
    )
  })

  test('it does not matter how statements are spread over policies, nor in which order they stand', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const { policies } = scenario
        const turned = mapStatements(scattered(policies), (statements) => [...statements].reverse())
        const upside = { ...turned, scp: [...turned.scp].reverse(), rcp: [...turned.rcp].reverse() }
        expect(decisions(scenario, upside)).toEqual(decisions(scenario, policies))
      }),
      runs,
    )
  })

  test('one more Deny, anywhere, never allows', () => {
    let denied = 0
    fc.assert(
      fc.property(scenarios, scenarios, fc.nat(6), (scenario, other, at) => {
        const before = decisions(scenario, scenario.policies)
        const type = (['identity', 'boundary', 'session', 'scp', 'rcp', 'resource', 'vpcEndpoint'] as const)[at]
        const [borrowed] = other.policies.scp.flat().flatMap(statementsOf)
        const { Effect: _, ...rest } = borrowed ?? { Action: '*', Resource: '*' }
        const hasPrincipal = type === 'rcp' || type === 'resource' || type === 'vpcEndpoint'
        const deny = { Effect: 'Deny', ...rest, ...(hasPrincipal ? { Principal: '*' } : {}) }
        const more = mapStatements(scenario.policies, (statements, where) =>
          where === type ? [...statements, deny] : statements,
        )
        const after = decisions(scenario, more)
        for (const [i, decision] of after.entries()) {
          if (before[i] !== 'allowed') expect(decision).not.toBe('allowed')
          if (before[i] === 'allowed' && decision === 'explicitDeny') denied++
        }
      }),
      runs,
    )
    // Otherwise the Denies that were added never met a request.
    expect(denied).toBeGreaterThan(20)
  })

  // RestrictPublicBuckets is left out: there a public Allow refuses, and without it a named principal may come in.
  test('one Allow less, anywhere, never allows', () => {
    let refused = 0
    fc.assert(
      fc.property(scenarios, fc.nat(4), (scenario, position) => {
        const plain = { ...scenario, settings: {} }
        const before = decisions(plain, scenario.policies)
        const fewer = mapStatements(scenario.policies, (statements) => withoutAllow(statements, position))
        for (const [i, decision] of decisions(plain, fewer).entries()) {
          if (before[i] !== 'allowed') expect(decision).toBe(before[i])
          else if (decision !== 'allowed') refused++
        }
      }),
      runs,
    )
    expect(refused).toBeGreaterThan(20)
  })
})

test('a grant more never refuses, overrules no Deny, and the order of grants does not matter', () => {
  let opened = 0
  const keys = scenarios.filter(({ service }) => service === 'key')
  fc.assert(
    fc.property(keys, anyGrants([userOf(ownAccount), sessionOf(otherAccount)]), (scenario, more) => {
      const had = scenario.policies.grants ?? []
      const before = decisions(scenario, scenario.policies)
      const after = decisions(scenario, { ...scenario.policies, grants: [...had, ...more] })
      expect(decisions(scenario, { ...scenario.policies, grants: [...more, ...had].reverse() })).toEqual(after)
      for (const [i, decision] of after.entries()) {
        if (before[i] !== 'implicitDeny') expect(decision).toBe(before[i])
        else if (decision !== before[i]) opened++
      }
    }),
    { ...runs, numRuns: 3_000 },
  )
  expect(opened).toBeGreaterThan(20)
})

/** A policy must keep a statement; what is left of a lone Allow is one that says nothing. */
function withoutAllow(statements: readonly Element[], position: number): readonly Element[] {
  const allows = statements.filter((statement) => statement['Effect'] === 'Allow')
  const removed = allows[position % Math.max(1, allows.length)]
  return statements
    .map((statement) => (statement === removed ? { ...statement, Action: 'none:None' } : statement))
    .map(withoutBoth)
}

function withoutBoth(statement: Element): Element {
  if (statement['Action'] !== 'none:None') return statement
  const { NotAction: _, ...rest } = statement
  return rest
}
