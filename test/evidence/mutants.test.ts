/** Ten thousand packages that were tampered with, each in its own way, and not one that is believed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyPackage } from '../../src/evidence/index.ts'
import { type Delivered, deliverAll, sharedPackages } from './delivered.ts'
import { buildSumdb, type GoProgram, lacksGo } from './go.ts'
import { judgeMutants } from './judge.ts'

let delivered: Delivered
let sumdb: GoProgram | null = null
beforeAll(async () => {
  delivered = await deliverAll()
  if (!lacksGo()) sumdb = buildSumdb()
})
afterAll(() => sumdb?.remove())

test('the packages that are tampered with are believed as they are, in every form in which a bucket holds them', async () => {
  const packages = [...delivered.packages, ...sharedPackages(delivered.shared)]
  expect(packages.length).toBeGreaterThan(10)
  for (const { files, objects } of packages) {
    for (const each of [files, objects]) {
      const source = { list: () => [...each.keys()], read: (path: string) => each.get(path) ?? null }
      expect((await verifyPackage(source, delivered.publicKeyPem)).ok).toBe(true)
    }
  }
})

test('10,000 mutants are all refused, by Drawbridge and by the Go program', async () => {
  const verdict = await judgeMutants(delivered, 20261122, 10_000, sumdb?.path ?? null)
  for (const [kind, { made, refused, goJudged, goRefused }] of Object.entries(verdict.kinds)) {
    console.log(`${kind}: ${refused} of ${made} refused; Go refused ${goRefused} of ${goJudged}`)
    expect({ kind, refused, goRefused }).toEqual({ kind, refused: made, goRefused: goJudged })
  }
  expect(verdict.mutants).toBeGreaterThanOrEqual(10_000)
  expect(verdict.refused).toBe(verdict.mutants)
})
