/** Every finding in a policy that has it, and not in its neighbour. */
import { describe, expect, test } from 'vitest'
import { checkPolicy } from './check-policy.ts'
import { findingGroups } from './finding-meanings.ts'
import { findingCases } from './testing/finding-cases.ts'

const rows = Object.values(findingGroups).flatMap((group) => Object.keys(group))

describe.each(Object.entries(findingCases))('%s', (id, { options, found, at, also, clean, cleanOptions }) => {
  test('is found, and nothing else that is not foreseen', () => {
    const findings = checkPolicy(found, options)
    expect(findings.map((finding) => finding.id).toSorted()).toEqual([id, ...(also ?? [])].toSorted())
    expect(findings.find((finding) => finding.id === id)?.pointer).toBe(at)
  })

  test('is not found in the neighbour', () => {
    const findings = checkPolicy(clean, cleanOptions ?? options)
    expect(findings.map((finding) => finding.id)).toEqual([])
  })

  test('is found at the same place in text, and underlined inside it', () => {
    const text = typeof found === 'string' ? found : JSON.stringify(found, null, 2)
    const finding = checkPolicy(text, options).find((one) => one.id === id)
    expect(finding?.pointer).toBe(at)
    expect(finding?.position?.length).toBeGreaterThan(0)
    const end = (finding?.position?.offset ?? 0) + (finding?.position?.length ?? 0)
    expect(end).toBeLessThanOrEqual(text.length)
  })

  test('says one lower-case line without a final period, and where to read on', () => {
    const finding = checkPolicy(found, options).find((one) => one.id === id)
    expect(finding?.message).toMatch(/^[^A-Z\n][^\n]*[^.\n]$/)
    expect(finding?.help).toMatch(/^[^A-Z\n][^\n]*[^.\n]$/)
    expect(finding?.see).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//)
  })
})

test('every row of the table has a case', () => {
  expect(Object.keys(findingCases).toSorted()).toEqual(rows.toSorted())
})
