/** Routes and deliveries in a real browser: a route is added, a delivery is watched on its way, and the primary is switched. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeContainer } from '../../demo/azure.ts'
import { Customer, type CustomerNames } from '../../demo/customer.ts'
import { region, type Stage, setStage } from '../../demo/stage.ts'
import type { DrawbridgeClient } from '../../src/contract/index.ts'
import { customerAccountId } from '../../src/sandbox/index.ts'
import { needs } from '../needs.ts'
import { type Gate, startGate } from './gate.ts'
import { buildPages, chromiumPath, look, openScene, root, type Scene, signInThroughProvider } from './scene.ts'

const freeBytes = 8_000_000
const reportBytes = 24_000_000

describe.skipIf(needs(chromiumPath, 'chromium'))('routes and deliveries', () => {
  let folder: string
  let stage: Stage
  let scene: Scene
  let page: Page
  let customer: Customer
  let gate: Gate
  let person: DrawbridgeClient

  beforeAll(async () => {
    buildPages()
    folder = mkdtempSync(path.join(tmpdir(), 'drawbridge-deliveries-'))
    const rights = { claim: 'groups', view: ['*'], operate: ['*'], connect: ['quality'] }
    stage = await setStage(root, folder, 'dynamic', async ({ sandbox, azurite }) => {
      gate = await startGate(sandbox.endpoint, freeBytes)
      return { rights, allowedEndpoints: [sandbox.endpoint, gate.url, new URL(azurite.url).origin] }
    })
    const { accessKeyId, secretAccessKey } = stage.sandbox.customer
    customer = new Customer({ endpoint: stage.sandbox.endpoint, region, accessKeyId, secretAccessKey })
    await addBucket()
    await addContainer()
    person = await stage.signIn('maria.keller')
    scene = await openScene(stage.serviceUrl)
    page = scene.page
    await page.goto(stage.serviceUrl)
    await signInThroughProvider(page, 'maria.keller')
  })

  afterAll(async () => {
    await scene?.close()
    customer?.close()
    await stage?.close()
    await gate?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a route is added, its targets in their order', async () => {
    await page.getByRole('link', { name: 'Routes' }).click()
    await page.getByText('No route yet').waitFor()
    await page.getByLabel('Name').fill('audit')
    await page.getByLabel('Next target').selectOption('acme')
    await page.getByLabel('Next target').selectOption('acme-azure')
    await page.getByRole('button', { name: 'Add the route' }).click()
    await page.locator('[data-route=audit] [data-target=acme][data-place="0"] [data-state=primary]').waitFor()
    expect((await stage.operator.route.show({ name: 'audit' })).targets).toEqual(['acme', 'acme-azure'])
  })

  test('a delivery on its way shows its bytes by events, and then its receipt', async () => {
    const id = await hand('audit-2026-10.bin', new Uint8Array(reportBytes).fill(7))
    await page.goto(`${stage.serviceUrl}/#/deliveries/${id}`)
    const bar = page.locator('[data-target=acme] [data-progress]').first()
    await bar.waitFor()
    const percent = Number(/(\d+)%/.exec((await bar.textContent()) ?? '')?.[1])
    expect(percent).toBeGreaterThan(0)
    expect(percent).toBeLessThan(100)
    expect(await bar.textContent()).toContain('of 24.0 MB')
    await look(page, 'delivery-progress')
    gate.open()
    await page.locator('section[data-target=acme] [data-state=delivered]').waitFor()
    expect(await page.locator('[data-progress]').count()).toBe(0)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('section[data-target=acme]').getByRole('button', { name: 'Save the receipt' }).click(),
    ])
    expect(download.suggestedFilename()).toBe(`receipt-${id}-acme.zip`)
    await look(page, 'delivery')
  })

  test('the primary is switched, and the next report goes there first', async () => {
    await page.getByRole('link', { name: 'Routes' }).click()
    await look(page, 'routes')
    await page.locator('[data-target=acme-azure]').getByRole('button', { name: 'Make it the primary' }).click()
    await page.locator('[data-target=acme-azure][data-place="0"] [data-state=primary]').waitFor()
    const id = await hand('audit-2026-11.txt', new TextEncoder().encode('november'))
    await page.getByRole('link', { name: 'Deliveries' }).click()
    await page.locator(`[data-delivery="${id}"] [data-target=acme-azure] [data-state=delivered]`).waitFor()
    const { targets } = await stage.operator.delivery.show({ id })
    expect(targets.map(({ connection, state }) => [connection, state])[0]).toEqual(['acme-azure', 'delivered'])
    await look(page, 'deliveries')
  })

  test('a page that is open says that the service is gone, and goes on when it is back, still signed in', async () => {
    await page.getByRole('link', { name: 'Routes' }).click()
    await page.locator('[data-route=audit]').waitFor()
    await stage.stopService()
    await page.locator('[data-service=lost]').waitFor()
    // What was known stays readable meanwhile.
    expect(await page.locator('[data-route=audit]').count()).toBe(1)
    await look(page, 'service-lost')
    await stage.restartService()
    await stage.operator.route.add({ name: 'after-the-restart', targets: ['acme'] })
    await page.locator('[data-service=lost]').waitFor({ state: 'detached' })
    expect(await page.getByRole('button', { name: 'Sign out', exact: true }).count()).toBe(1)
    await page.getByRole('link', { name: 'Deliveries' }).click()
    await page.getByRole('link', { name: 'Routes' }).click()
    await page.locator('[data-route=after-the-restart]').waitFor()
  })

  test('nothing complained on the console', () => {
    expect(scene.complaints).toEqual([])
  })

  async function hand(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const { upload } = await person.upload(name, bytes)
    return (await person.delivery.create({ route: 'audit', uploads: [upload] })).id
  }

  async function addBucket(): Promise<void> {
    const names: CustomerNames = { bucket: 'acme-audit-gate', role: 'drawbridge-acme', keyArn: null }
    await customer.makeBucket(names.bucket, false)
    await stage.operator.connection.add({
      name: 'acme',
      purpose: 'export',
      location: {
        service: 's3',
        uri: `s3://${names.bucket}`,
        rootPath: 'audit/',
        region,
        bucketOwner: customerAccountId,
        endpoint: gate.url,
      },
      authentication: { kind: 'role' },
    })
    await customer.applyKit(await stage.operator.connection.kit({ name: 'acme' }), names)
    await verified('acme')
  }

  async function addContainer(): Promise<void> {
    const container = await makeContainer(stage.azurite, 'audit-gate')
    await stage.operator.connection.add({
      name: 'acme-azure',
      purpose: 'export',
      location: { service: 'azblob', containerUrl: container.url, rootPath: 'audit/' },
      authentication: { kind: 'sas', token: container.sas },
    })
    await verified('acme-azure')
  }

  async function verified(name: string): Promise<void> {
    for await (const event of stage.operator.connection.verify({ name })) {
      if (event.type === 'done') expect(event.verification.status).toBe('pass')
    }
  }
})
