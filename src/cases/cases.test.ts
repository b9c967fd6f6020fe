/** Runs every case of `test/cases/iam`: the rules of AWS's documentation as data. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { evaluateCase } from './index.ts'

const folder = new URL('../../test/cases/iam/', import.meta.url)

interface CaseHeader {
  readonly name: string
  readonly source: string
  readonly rules: readonly number[]
}

const topics = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ file, cases: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as readonly CaseHeader[] }))

for (const { file, cases } of topics) {
  describe(file, () => {
    for (const one of cases) {
      test(one.name, () => {
        const outcome = evaluateCase(one)
        if (!outcome.ok) throw new Error(outcome.error)
        expect(outcome.value.expected, 'a case must expect something').not.toBeNull()
        expect(outcome.value.decision, outcome.value.reason).toBe(outcome.value.expected)
        expect(outcome.value.reason).toMatch(outcome.value.decision === 'allowed' ? /^allowed: / : /^denied: /)
      })
    }
  })
}

/** What a request's answer looks like (25) and who owns an object (29) are not decisions of policies. */
const rulesOutsideEvaluation = new Set([25, 29])

const schemaFile = new URL('../../docs/schemas/iam-case.json', import.meta.url)
const schema = z.fromJSONSchema(JSON.parse(readFileSync(schemaFile, 'utf8')))

describe('the cases together', () => {
  const all = topics.flatMap(({ cases }) => cases)

  test('fit the published schema', () => {
    for (const one of all) expect(schema.safeParse(one).error, one.name).toBeUndefined()
  })

  test('are refused by schema and runner alike when a member has another name', () => {
    const [one] = all
    const { name, request, policies } = JSON.parse(JSON.stringify(one))
    const grant = { GranteePrincipal: 'x', Operations: ['Decrypt'] }
    const pairs = (EncryptionContextSubset: unknown) => ({ EncryptionContextSubset })
    for (const wrong of [
      { request, policies },
      { name, policies },
      { name, request },
      { name, request: { ...request, ressource: 'x' }, policies },
      { name, request, policies: { ...policies, permissionsBoundary: null } },
      { name, request, policies: { ...policies, grants: [{ Operations: ['Decrypt'] }] } },
      { name, request, policies: { ...policies, grants: [{ GranteePrincipal: 'x', Operations: 'Decrypt' }] } },
      { name, request, policies: { ...policies, grants: [{ ...grant, Constraints: { Department: 'IT' } }] } },
      { name, request, policies: { ...policies, grants: [{ ...grant, Constraints: pairs({ Department: 1 }) }] } },
      { name, request, policies, settings: { s3: { publicBuckets: true } } },
      { name, request, policies, expected: { decision: 'denied' } },
    ]) {
      expect(schema.safeParse(wrong).success).toBe(false)
      expect(evaluateCase(wrong).ok).toBe(false)
    }
  })

  test('there are at least 600', () => {
    expect(all.length).toBeGreaterThanOrEqual(600)
  })

  test('names are unique within a topic, and every case names its page', () => {
    for (const { cases } of topics) expect(new Set(cases.map((one) => one.name)).size).toBe(cases.length)
    expect(all.filter((one) => one.source === '')).toEqual([])
  })

  for (let rule = 1; rule <= 34; rule++) {
    if (rulesOutsideEvaluation.has(rule)) continue
    test(`rule ${rule} has a case`, () => {
      expect(all.filter((one) => one.rules.includes(rule)).length).toBeGreaterThan(0)
    })
  }
})
