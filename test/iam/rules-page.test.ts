/** The cases as a whole: enough of them, for every rule, agreed on by engine and reference model, and listed on the page. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { evaluateCase } from '../../src/cases/index.ts'
import { decideCase } from './decide-case.ts'
import { readRuledCases, rulesPage, ruleTexts } from './rules-page.ts'

const cases = readRuledCases()

describe('the cases', () => {
  test('are at least 600, each with a page and rules', () => {
    expect(cases.length).toBeGreaterThanOrEqual(600)
    for (const one of cases) {
      expect(one.source, one.name).not.toBe('')
      expect(one.rules.length, one.name).toBeGreaterThan(0)
    }
  })

  test('have names of their own within a topic', () => {
    const names = cases.map((one) => `${one.topic}: ${one.name}`)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })

  test('cover every rule, and no rule is unknown', () => {
    const covered = new Set(cases.flatMap((one) => one.rules))
    expect([...covered].sort((a, b) => a - b)).toEqual(ruleTexts.map((_, i) => i + 1))
  })

  const folder = new URL('../cases/iam/', import.meta.url)
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    test(`are decided alike by engine, reference model and AWS: ${file}`, () => {
      const values: readonly { readonly name: string }[] = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
      for (const value of values) {
        const engine = evaluateCase(value)
        if (!engine.ok) throw new Error(engine.error)
        expect(engine.value.decision, value.name).toBe(engine.value.expected)
        expect(decideCase(value), value.name).toBe(engine.value.expected)
      }
    })
  }
})

test('docs/iam-rules.md is what `npm run proof -- rules` writes', () => {
  const page = readFileSync(new URL('../../docs/iam-rules.md', import.meta.url), 'utf8')
  expect(page).toBe(rulesPage(cases))
})
