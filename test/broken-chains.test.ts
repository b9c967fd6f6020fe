/** Every broken chain of the table through verify and diagnose, in both views, with its repair. */
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnoseLive } from '../src/connection/index.ts'
import { AwsScene } from './broken-chains/aws-scene.ts'
import { AwsStage } from './broken-chains/aws-stage.ts'
import { chains } from './broken-chains/chains.ts'
import { type Clouds, startClouds } from './broken-chains/play.ts'

let clouds: Clouds

beforeAll(async () => {
  clouds = await startClouds()
})
afterAll(() => clouds.close())

describe('a broken chain', () => {
  it.each(chains)('$cloud $name: both views find it, and the repair holds', async (chain) => {
    const { wrong } = await clouds.play(chain)
    expect(wrong).toEqual([])
  })

  it('is there at least thirty-four times, with names of their own', () => {
    expect(chains.length).toBeGreaterThanOrEqual(34)
    expect(new Set(chains.map((chain) => `${chain.cloud} ${chain.name}`)).size).toBe(chains.length)
  })
})

describe('separating probes', () => {
  it.each([
    'missing-permission',
    'encryption-demanded',
    'other-path',
    'kms-tidied',
    'source-list',
    'tag-session',
    'source-ip',
  ])('%s: leave nothing behind, and are fifteen requests at most', async (name) => {
    const chain = chains.find((one) => one.name === name)
    if (chain?.cloud !== 'aws') throw new Error('no such chain')
    const stage = await AwsStage.start()
    try {
      const scene = await AwsScene.set(stage, 'probed', chain.wish ?? {})
      await chain.break(scene)
      const before = await keysOf(scene)
      stage.sandbox.clearHistory()
      const { connection, secret, identity, context } = scene
      const diagnosis = await diagnoseLive(connection, secret, identity, context)
      expect(diagnosis.causes.length).toBeGreaterThan(0)
      // Twelve for the probes; who we are, a session and the refused request itself come before them.
      expect(stage.sandbox.history().length).toBeLessThanOrEqual(15)
      expect(await keysOf(scene)).toEqual(before)
    } finally {
      await stage.close()
    }
  })
})

async function keysOf(scene: AwsScene): Promise<string[]> {
  const { Contents = [] } = await scene.stage.s3.send(new ListObjectsV2Command({ Bucket: scene.bucket }))
  return Contents.map(({ Key }) => Key ?? '')
}
