/** Laws that hold for every request and every set of policies, tried on random ones. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Decision, decide, evaluate, type Policy, type PolicySet, type Statement } from '../index.ts'
import { denies, mapPolicies, policyOf, situations } from './testing/arbitrary-requests.ts'

const runs = { numRuns: 700 }
const restricted = { s3: { restrictPublicBuckets: true } }

/** A law that random input never touches proves nothing: each decision must come up often. */
function countDecisions(): {
  readonly add: (decision: Decision) => void
  readonly expectEach: (least: number) => void
} {
  const counts = { allowed: 0, explicitDeny: 0, implicitDeny: 0 }
  return {
    add: (decision) => {
      counts[decision]++
    },
    expectEach: (least) => {
      for (const count of Object.values(counts)) expect(count).toBeGreaterThan(least)
    },
  }
}

function swapCase(text: string): string {
  return text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase()
}

describe('for every request', () => {
  test('decide says what evaluate says', () => {
    const seen = countDecisions()
    fc.assert(
      fc.property(situations, fc.boolean(), ({ request, policies }, isRestricted) => {
        const settings = isRestricted ? restricted : {}
        const decision = decide(request, policies, settings)
        seen.add(decision)
        expect(evaluate(request, policies, settings).decision).toBe(decision)
      }),
      runs,
    )
    seen.expectEach(25)
  })

  test('one more Deny never allows', () => {
    fc.assert(
      fc.property(situations, denies(false, true), denies(true, true), ({ request, policies }, plain, addressed) => {
        if (decide(request, policies) === 'allowed') return
        const more = mapPolicies(policies, (policy, hasPrincipal) =>
          policyOf([...policy.statements, hasPrincipal ? addressed : plain]),
        )
        expect(decide(request, more)).not.toBe('allowed')
      }),
      runs,
    )
  })

  test('a Deny that covers everything denies', () => {
    const everything: Statement = {
      index: 0,
      effect: 'Deny',
      action: { negated: false, patterns: ['*'] },
      resource: { negated: false, patterns: ['*'] },
      conditions: [],
    }
    fc.assert(
      fc.property(situations, ({ request, policies }) => {
        fc.pre(/:(assumed-role|role|user)\//.test(request.principal))
        const denied = { ...policies, identity: [{ name: 'd', policy: policyOf([everything]) }] }
        expect(decide(request, denied)).toBe('explicitDeny')
      }),
      { numRuns: 300 },
    )
  })

  // Not so with RestrictPublicBuckets: there a public Allow blocks, and removing it may let a named principal in.
  test('one Allow less never allows', () => {
    fc.assert(
      fc.property(situations, fc.nat({ max: 5 }), ({ request, policies }, position) => {
        if (decide(request, policies) === 'allowed') return
        const fewer = mapPolicies(policies, (policy) => withoutAllow(policy, position))
        expect(decide(request, fewer)).not.toBe('allowed')
      }),
      runs,
    )
  })

  test('without any Allow nothing is allowed but to the root user', () => {
    fc.assert(
      fc.property(situations, ({ request, policies }) => {
        fc.pre(!request.principal.endsWith(':root'))
        const none = mapPolicies(policies, (policy) => policyOf(policy.statements.filter((s) => s.effect === 'Deny')))
        expect(decide(request, none)).not.toBe('allowed')
      }),
      runs,
    )
  })

  test('the order of statements and policies does not count', () => {
    const reversed = (set: PolicySet): PolicySet => ({
      ...set,
      identity: [...set.identity].reverse(),
      scp: [...set.scp].reverse(),
    })
    fc.assert(
      fc.property(situations, ({ request, policies }) => {
        const turned = reversed(mapPolicies(policies, (policy) => policyOf([...policy.statements].reverse())))
        const before = evaluate(request, policies)
        const after = evaluate(request, turned)
        expect([after.decision, after.decidedBy]).toEqual([before.decision, before.decidedBy])
      }),
      runs,
    )
  })

  test('letter case of actions and context keys does not count', () => {
    fc.assert(
      fc.property(situations, ({ request, policies }) => {
        const context = Object.fromEntries(
          Object.entries(request.context).map(([key, value]) => [swapCase(key), value]),
        )
        const other = { ...request, action: swapCase(request.action), context }
        expect(decide(other, mapPolicies(policies, withSwappedCase))).toBe(decide(request, policies))
      }),
      runs,
    )
  })

  test('what decided is on record', () => {
    fc.assert(
      fc.property(situations, ({ request, policies }) => {
        const evaluation = evaluate(request, policies)
        const { statement, decision } = evaluation
        if (decision === 'implicitDeny') expect(statement).toBeUndefined()
        if (decision === 'explicitDeny') expect(statement).toMatchObject({ effect: 'Deny', matched: true })
        if (statement !== undefined) expect(statement.policyType).toBe(evaluation.decidedBy)
        for (const near of evaluation.nearMisses) {
          expect(near.statement.matched).toBe(false)
          expect(near.failing.length).toBeGreaterThan(0)
          expect(near.failing.every((condition) => !condition.matched)).toBe(true)
        }
      }),
      runs,
    )
  })
})

function withoutAllow(policy: Policy, position: number): Policy {
  const allows = policy.statements.filter((statement) => statement.effect === 'Allow')
  const removed = allows[position % Math.max(1, allows.length)]
  return policyOf(policy.statements.filter((statement) => statement !== removed))
}

function withSwappedCase(policy: Policy): Policy {
  return policyOf(
    policy.statements.map((statement) => ({
      ...statement,
      action: { ...statement.action, patterns: statement.action.patterns.map(swapCase) },
      conditions: statement.conditions.map((condition) => ({ ...condition, key: swapCase(condition.key) })),
    })),
  )
}
