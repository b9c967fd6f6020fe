/** The policies of the mission's documents, and exactly the findings that they have. */
import { describe, expect, test } from 'vitest'
import { checkPolicy } from '../../src/iam/index.ts'
import { renderFindings } from '../../src/terminal/index.ts'
import { missionCases } from './mission-cases.ts'

describe.each(missionCases())('$name', ({ options, policy, expected }) => {
  test('has exactly the findings that are written down for it', () => {
    const text = JSON.stringify(policy, null, 2)
    const found = checkPolicy(text, options).map(({ id, pointer }) => ({ id, pointer }))
    expect(found).toEqual(expected)
  })

  test('is shown with each finding underlined', () => {
    const text = JSON.stringify(policy, null, 2)
    const shown = renderFindings(text, checkPolicy(text, options))
    for (const { id } of expected) expect(shown).toContain(`[${id}]: `)
    expect(shown.match(/\^+/g)?.length ?? 0).toBeGreaterThanOrEqual(expected.length)
  })
})

test('there are the eight policies of the documents and the one that the thread describes', () => {
  expect(missionCases()).toHaveLength(9)
})
