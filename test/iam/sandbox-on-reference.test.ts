/**
 * The sandbox's own suites once more, with the reference model as judge, so that the product is not judged by itself. The
 * `unit` run has them on the engine. On the way the engine is asked every question that real traffic raises, too.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { evaluate } from '../../src/iam/index.ts'
import type { Judge } from '../../src/sandbox/index.ts'
import { Stage } from '../../src/sandbox/testing/stage.ts'
import { evaluateSlowly } from '../reference/index.ts'

let judged = 0
const disagreements: string[] = []

const judge: Judge = (request, policies, settings) => {
  const answer = evaluateSlowly(request, policies, settings)
  const { decision } = evaluate(request, policies, settings)
  judged++
  if (decision !== answer.decision)
    disagreements.push(`${JSON.stringify(request)}: engine ${decision}, model ${answer.decision}`)
  return answer
}

Stage.defaults = { judge }
afterAll(() => {
  Stage.defaults = {}
})

describe('on the reference model', () => {
  describe('S3', async () => {
    await import('../../src/sandbox/s3/access.test.ts')
    await import('../../src/sandbox/s3/multipart.test.ts')
    await import('../../src/sandbox/s3/objects.test.ts')
  })
  describe('STS', async () => {
    await import('../../src/sandbox/sts/assume-role.test.ts')
  })
  describe('IAM', async () => {
    await import('../../src/sandbox/iam/iam.test.ts')
  })
  describe('KMS', async () => {
    await import('../../src/sandbox/kms/kms.test.ts')
  })
})

// Last on purpose: it looks back on the questions that the suites above have raised.
test('the reference model was asked, and the engine would have said the same', () => {
  expect(judged).toBeGreaterThan(200)
  expect(disagreements).toEqual([])
})
