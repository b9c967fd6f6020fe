/**
 * Setting connections up in a real browser, from nothing to green: the External ID and our principal before anything is
 * saved, the kit applied to the sandbox as the page shows it, what the customer made typed in, and the checks live.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeContainer } from '../../demo/azure.ts'
import { Customer, type CustomerNames } from '../../demo/customer.ts'
import { region, type Stage, setStage } from '../../demo/stage.ts'
import type { SetupKit } from '../../src/contract/index.ts'
import { customerAccountId } from '../../src/sandbox/index.ts'
import { needs } from '../needs.ts'
import { buildPages, chromiumPath, look, openScene, root, type Scene, signInThroughProvider } from './scene.ts'

describe.skipIf(needs(chromiumPath, 'chromium'))('setting a connection up', () => {
  let folder: string
  let stage: Stage
  let scene: Scene
  let page: Page
  let customer: Customer
  const names: CustomerNames = { bucket: 'acme-audit-pages', role: 'drawbridge-acme', keyArn: null }

  beforeAll(async () => {
    buildPages()
    folder = mkdtempSync(path.join(tmpdir(), 'drawbridge-set-up-'))
    const rights = { claim: 'groups', view: ['*'], operate: ['*'], connect: ['quality'] }
    stage = await setStage(root, folder, 'dynamic', () => ({ rights }))
    const { accessKeyId, secretAccessKey } = stage.sandbox.customer
    customer = new Customer({ endpoint: stage.sandbox.endpoint, region, accessKeyId, secretAccessKey })
    await customer.makeBucket(names.bucket, false)
    scene = await openScene(stage.serviceUrl)
    page = scene.page
    await page.goto(stage.serviceUrl)
  })

  afterAll(async () => {
    await scene?.close()
    customer?.close()
    await stage?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('whoever is not signed in is offered the way in, and nothing else', async () => {
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    await look(page, 'sign-in')
    await signInThroughProvider(page, 'maria.keller')
    await page.getByText('No connection yet').waitFor()
    await look(page, 'connections-empty')
  })

  test('the External ID and our principal are shown before anything is saved', async () => {
    await page.getByRole('link', { name: 'Set up a connection' }).click()
    await fillPlace()
    await look(page, 'set-up-form')
    await page.getByRole('button', { name: 'Show what the customer needs' }).click()
    const externalId = page.locator('[data-fact="External ID"]')
    await externalId.waitFor()
    const shown = await externalId.textContent()
    expect(shown).toMatch(/^dbx_[\w-]{24}$/)
    expect(await page.locator('[data-fact=principal]').textContent()).toContain('arn:aws:iam::111111111111:role/')
    expect((await stage.operator.connection.list({})).connections).toEqual([])
    await look(page, 'set-up-kit')
    await page.reload()
    await page.getByRole('button', { name: 'Show what the customer needs' }).click()
    await externalId.waitFor()
    expect(await externalId.textContent()).toBe(shown)
  })

  test('the kit is there in every format, and as one archive', async () => {
    const texts: string[] = []
    for (const [format, file] of [
      ['Read first', 'README.md'],
      ['Policies (JSON)', 'trust-policy.json'],
      ['AWS CLI', 'apply-aws-cli.sh'],
      ['CloudFormation', 'cloudformation.json'],
      ['Terraform', 'main.tf'],
    ] as const) {
      await page.getByRole('tab', { name: format }).click()
      texts.push(
        (await page.locator(`[data-file="${file}"] code, [data-file="${file}"] pre`).first().textContent()) ?? '',
      )
    }
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save all files' }).click(),
    ])
    const archive = await readFile(await download.path())
    for (const text of texts) {
      expect(text.length).toBeGreaterThan(100)
      expect(archive.includes(text)).toBe(true)
    }
    // The end of the central directory, 22 bytes long, counts the files.
    expect(archive.readUInt32LE(archive.length - 22)).toBe(0x06054b50)
    expect(archive.readUInt16LE(archive.length - 12)).toBeGreaterThanOrEqual(7)
  })

  test('a role ARN that is none is refused in one line, and nothing is saved', async () => {
    await page.getByLabel('Role ARN').fill('arn:aws:iam::123456789:role/AuditExportRole')
    await page.getByRole('button', { name: 'Save and verify' }).click()
    await page.getByText('has 9 digits').waitFor()
    expect((await stage.operator.connection.list({})).connections).toEqual([])
  })

  test('the customer applies what the page shows, and the connection turns green', async () => {
    await page.getByRole('tab', { name: 'Policies (JSON)' }).click()
    const files: SetupKit['files'] = []
    for (const file of ['trust-policy.json', 'permissions-policy.json']) {
      const text = (await page.locator(`[data-file="${file}"] pre`).textContent()) ?? ''
      files.push({ path: file, purpose: '', text })
    }
    const facts = { connection: 'acme', externalId: null, principal: '', egress: '' }
    await customer.applyKit({ ...facts, files }, names)
    await page.getByLabel('Role ARN').fill(`arn:aws:iam::${customerAccountId}:role/${names.role}`)
    await page.getByRole('button', { name: 'Save and verify' }).click()
    await page.getByText('The connection is active').waitFor()
    await page.locator('[data-check=external-id-required][data-status=pass]').waitFor()
    expect(await page.locator('[data-link=object]').getAttribute('data-status')).toBe('pass')
    await look(page, 'set-up-green')
    const [connection] = (await stage.operator.connection.list({})).connections
    expect(connection).toMatchObject({ name: 'acme', state: 'active' })
  })

  test('the probe beside the root path says what it does, and is tried once the customer agreed', async () => {
    const part = page.getByRole('region', { name: 'beside the root path' })
    await part.getByText('Nothing is stored either way').waitFor()
    await page.locator('[data-check=outside-root-refused][data-status=unknown]').waitFor()
    await part.getByRole('button', { name: 'They agree this once' }).click()
    await page.locator('[data-check=outside-root-refused][data-status=pass]').waitFor()
    expect((await stage.operator.connection.show({ name: 'acme' })).writing.probeOutsideRoot).toBeUndefined()
    for (const [agreed, status] of [
      [true, 'pass'],
      [false, 'unknown'],
    ] as const) {
      await part.getByRole('switch').click()
      // A change asks for a verification, which begins by itself.
      const wanted = { state: 'active', writing: { probeOutsideRoot: agreed } }
      await expect
        .poll(() => stage.operator.connection.show({ name: 'acme' }), { timeout: 20_000 })
        .toMatchObject(wanted)
      await page.locator(`[data-check=outside-root-refused][data-status=${status}]`).waitFor()
      await page.locator('h1 + [data-state=active]').waitFor()
    }
    const { entries } = await stage.operator.evidence.export({})
    expect(entries.flatMap((entry) => /"probeOutsideRoot":"([a-z ]+)"/.exec(entry)?.[1] ?? [])).toEqual([
      ...['agreed', 'not agreed'],
    ])
  })

  test('one real report goes all the way on request, and a large one is refused before it is sent', async () => {
    const form = page.getByRole('form', { name: 'one real report' })
    const file = { name: 'sample.pdf', mimeType: 'application/pdf', buffer: Buffer.from('a report') }
    await form.getByLabel('The report').setInputFiles({ ...file, buffer: Buffer.alloc(1_048_577) })
    await form.getByText('reports of more than 1 MiB go on a route').waitFor()
    expect(await form.getByRole('button', { name: 'Send it' }).isDisabled()).toBe(true)
    await form.getByLabel('The report').setInputFiles(file)
    await form.getByRole('button', { name: 'Send it' }).click()
    await form.locator('[data-proof=delivered]').waitFor()
    await look(page, 'overview-green')
    await form.getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: 'sample.pdf' }).waitFor()
    await page.locator('section[data-target=acme] [data-state=delivered]').waitFor()
    await page.goto(`${stage.serviceUrl}/#/connections/acme`)
  })

  test('a container: the script comes before the token, and the token never comes back', async () => {
    const container = await makeContainer(stage.azurite, 'audit-pages')
    await page.goto(`${stage.serviceUrl}/#/set-up`)
    await page.getByLabel('Way in').selectOption('sas')
    await page.getByLabel('Name').fill('acme-azure')
    await page.getByLabel('Container URL').fill(container.url)
    await page.getByLabel('Root path').fill('audit/')
    await page.getByRole('button', { name: 'Show what the customer needs' }).click()
    await page.getByRole('tab', { name: 'Azure CLI' }).click()
    await page.locator('[data-file="apply-azure-cli.sh"]').waitFor()
    await page.getByLabel('SAS token').fill(container.sas)
    await page.getByRole('button', { name: 'Save and verify' }).click()
    await page.getByText('The connection is active').waitFor()
    const signature = new URLSearchParams(container.sas).get('sig') ?? ''
    expect(signature.length).toBeGreaterThan(20)
    expect(await page.content()).not.toContain(signature)
    expect(await page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain(signature)
  })

  test('whoever may only look is told so', async () => {
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    await page.context().clearCookies()
    await page.goto(stage.serviceUrl)
    await signInThroughProvider(page, 'jonas.lind')
    await page.locator('[data-connection=acme]').waitFor()
    expect(await page.getByRole('link', { name: 'Set up a connection' }).count()).toBe(0)
    await page.goto(`${stage.serviceUrl}/#/set-up`)
    await page.getByText('You may look at connections here').waitFor()
  })

  test('nothing complained on the console', () => {
    expect(scene.complaints).toEqual([])
  })

  async function fillPlace(): Promise<void> {
    await page.getByLabel('Name').fill('acme')
    await page.getByRole('textbox', { name: 'Bucket', exact: true }).fill(`s3://${names.bucket}`)
    await page.getByLabel('Root path').fill('audit/')
    await page.getByLabel('Region').fill(region)
    await page.getByLabel('Bucket owner').fill(customerAccountId)
    await page.getByText('More settings').click()
    await page.getByLabel('Session tags').fill('department=department')
    await page.getByLabel('Endpoint').fill(stage.sandbox.endpoint)
  }
})
