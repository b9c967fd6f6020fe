/** The open part of the real symptoms, each with its class. */
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { readOpen, score } from '../../../test/symptoms/score.ts'
import { symptoms } from './symptoms/index.ts'
import { classTable } from './testing/class-table.ts'

const rows = await readOpen()
const scored = rows.map(score)

describe('the open part of the real symptoms', () => {
  it('has the true cause first in nine of ten, and within the first three in all', () => {
    expect(rows.length).toBe(38)
    const first = scored.filter((one) => one.place === 1)
    expect(first.length / rows.length).toBeGreaterThanOrEqual(0.9)
    expect(scored.filter((one) => one.place === null || one.place > 3)).toEqual([])
  })
})

describe('the classes of symptoms', () => {
  it('stand in docs/diagnosis.md', async () => {
    const page = await readFile(new URL('../../../docs/diagnosis.md', import.meta.url), 'utf8')
    expect(page).toContain(classTable())
  })

  const phrases = symptoms.flatMap((symptom) => [
    ...symptom.hints,
    ...symptom.signs.flatMap((sign) => [...(sign.all ?? []), ...(sign.any ?? []), ...(sign.not ?? [])]),
  ])

  it('have names of their own', () => {
    expect(new Set(symptoms.map((symptom) => symptom.id)).size).toBe(symptoms.length)
  })

  it('describe the class and not a sample: no ARN, no address, no account and no proper name in a pattern', () => {
    for (const phrase of phrases) {
      expect(phrase, phrase).toBe(phrase.toLowerCase())
      expect(phrase, phrase).not.toMatch(
        /arn:|:\/\/.|\d{3,}(?<!256|412)|[a-z0-9-]+\.(?:com|net|io|org)\b|\b[a-z]{2}-[a-z]+-\d\b/,
      )
    }
    // Names that occur in the samples: buckets, roles, accounts, products.
    const names = rows.flatMap(
      (row) =>
        row.message.match(/(?<=role\/|user\/|s3:\/\/|assumed-role\/)[\w.-]{3,}/g)?.map((name) => name.toLowerCase()) ??
        [],
    )
    expect(names.length).toBeGreaterThan(3)
    for (const phrase of phrases)
      expect(
        names.some((name) => phrase.includes(name)),
        phrase,
      ).toBe(false)
  })
})
