/**
 * The repair ticket's whole life: a policy breaks the connection, the ticket is opened in a browser without any network,
 * pasted policies turn red and, repaired, green; the repair is applied, and the next verification closes the ticket.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Customer, type CustomerNames, type PolicyDocument } from '../demo/customer.ts'
import { systemClock, systemRandom } from '../src/base/index.ts'
import { parseConfig } from '../src/cli/config.ts'
import { type OpenedHouse, openHouse } from '../src/cli/house.ts'
import type { DrawbridgeClient, Verification } from '../src/contract/index.ts'
import { inProcessClient, operatorCaller } from '../src/operations/index.ts'
import { customerAccountId, type Sandbox, startSandbox, vendorAccountId } from '../src/sandbox/index.ts'
import { needs } from './needs.ts'

const root = path.dirname(import.meta.dirname)
const chromiumPath = '/usr/bin/chromium'
const screenshots = process.env['DRAWBRIDGE_SCREENSHOTS']
const region = 'eu-central-1'
const denyAll = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }] as object[],
}
const hostile = '</script><img src=x onerror=alert(1)><!--'

describe.skipIf(needs(chromiumPath, 'chromium'))('the repair ticket', () => {
  const names: CustomerNames = { bucket: 'acme-audit', role: 'drawbridge-acme', keyArn: null }
  let folder: string
  let sandbox: Sandbox
  let opened: OpenedHouse
  let client: DrawbridgeClient
  let customer: Customer
  let browser: Browser
  let page: Page
  let file: string
  let brokenTrust: PolicyDocument
  const asked: string[] = []
  const complaints: string[] = []

  beforeAll(async () => {
    buildPages()
    folder = mkdtempSync(path.join(tmpdir(), 'drawbridge-ticket-'))
    sandbox = await startSandbox()
    sandbox.setSourceAddress(vendorAccountId, '198.51.100.24')
    opened = await openHouse({
      config: parseConfig(
        JSON.stringify({
          region,
          stsEndpoint: sandbox.endpoint,
          allowedEndpoints: [sandbox.endpoint],
          observedAddress: '198.51.100.24',
        }),
        'config.json',
      ),
      directory: path.join(folder, 'data'),
      clock: systemClock,
      random: systemRandom,
      provider: async () => baseCredentials(),
    })
    client = inProcessClient(opened.house, operatorCaller())
    const { accessKeyId, secretAccessKey } = sandbox.customer
    customer = new Customer({ endpoint: sandbox.endpoint, region, accessKeyId, secretAccessKey })
    await customer.makeBucket(names.bucket, false)
    await client.connection.add({
      name: 'acme',
      purpose: 'export',
      location: {
        service: 's3',
        uri: 's3://acme-audit',
        rootPath: 'reports/',
        region,
        bucketOwner: customerAccountId,
        endpoint: sandbox.endpoint,
      },
      authentication: { kind: 'role' },
    })
    await customer.applyKit(await client.connection.kit({ name: 'acme' }), names)
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] })
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 } })
    await context.setOffline(true)
    page = await context.newPage()
    page.on('request', (request) => asked.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
  })

  afterAll(async () => {
    await browser?.close()
    customer?.close()
    await opened?.close()
    await sandbox?.close()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  test('is refused while nothing is broken', async () => {
    expect((await verify()).status).toBe('pass')
    await expect(client.ticket.create({ connection: 'acme' })).rejects.toMatchObject({ code: 'input-invalid' })
    expect(await client.ticket.list({})).toEqual({ tickets: [] })
  })

  test('is one file that runs nothing but itself, and holds no secret', async () => {
    await customer.edit(names, 'trust', (policy) => {
      const statement = policy.Statement.find(({ Action }) => [Action].flat().includes('sts:AssumeRole'))
      if (statement === undefined) throw new Error('the trust policy has no statement for sts:AssumeRole')
      const conditions = statement['Condition'] as Record<string, unknown>
      statement['Condition'] = { ...conditions, IpAddress: { 'aws:SourceIp': ['203.0.113.0/24'] } }
      statement['Sid'] = 'OfficeOnly'
    })
    brokenTrust = await customer.read(names, 'trust')
    expect((await verify()).status).toBe('fail')
    const trust = JSON.stringify(brokenTrust)
    const { ticket, html } = await client.ticket.create({ connection: 'acme', policies: { trust } })
    expect(ticket).toMatchObject({ connection: 'acme', closedAt: null, link: 'assume-role', cause: 'trust-source-ip' })
    file = path.join(folder, 'ticket.html')
    writeFileSync(file, html)
    expect(html).toContain("default-src 'none'")
    expect(html).not.toMatch(/\b(?:src|href)=|@import|url\(/)
    for (const secret of [sandbox.customer.secretAccessKey, baseCredentials().secretAccessKey]) {
      expect(html).not.toContain(secret)
    }
  })

  test('shows the chain with its red link, statement, wanted and actual, the diff and the commands, offline', async () => {
    await page.goto(pathToFileURL(file).href)
    await page.locator('[data-link=assume-role][data-status=fail]').waitFor()
    const cause = page.locator('[data-cause=trust-source-ip]')
    expect(await cause.locator('[data-confidence=proved]').count()).toBe(1)
    const statement = await cause.locator('.statement').textContent()
    for (const part of ['OfficeOnly', 'IpAddress aws:SourceIp', '203.0.113.0/24', '198.51.100.24']) {
      expect(statement).toContain(part)
    }
    expect(await cause.locator('.diff').first().textContent()).toMatch(/-\s+"203\.0\.113\.0\/24"/)
    const cli = cause.locator('[data-form="AWS CLI"]').first()
    expect(await cli.textContent()).toContain('aws iam update-assume-role-policy --role-name drawbridge-acme')
    expect(await cause.locator('[data-form=Terraform]').first().textContent()).toContain('jsonencode(')
    expect(await cause.locator('[data-form=CloudFormation]').first().textContent()).toContain(
      'AssumeRolePolicyDocument',
    )
    const kit = page.locator('[data-kit=trust] pre').first()
    expect(await kit.textContent()).toContain('DrawbridgeAssumeRole')
    expect(await kit.textContent()).not.toContain('aws:SourceIp')
    await picture('ticket-red')
  })

  test('evaluates pasted policies on the spot: red as they are, green once repaired', async () => {
    const permissions = JSON.stringify(await customer.read(names, 'permissions'))
    await page.getByLabel('Trust policy of the role').fill(JSON.stringify(brokenTrust, null, 2))
    await page.getByLabel('Permissions of the role').fill(permissions)
    await page.locator('[data-verdict=fail]').waitFor()
    expect(await page.locator('[data-call="sts:AssumeRole"]').getAttribute('data-status')).toBe('fail')
    expect(await page.locator('[data-call="s3:PutObject"]').getAttribute('data-status')).toBe('pass')
    await picture('ticket-pasted-red')
    await page
      .locator('[data-call="sts:AssumeRole"]')
      .getByRole('button', { name: 'Try it in the box' })
      .first()
      .click()
    await page.locator('[data-verdict=pass]').waitFor()
    expect(await page.locator('[data-call="sts:AssumeRole"]').getAttribute('data-status')).toBe('pass')
    await picture('ticket-pasted-green')
  })

  test('says where a pasted text stops being a policy, and what is wider than it should be', async () => {
    const trust = page.getByLabel('Trust policy of the role')
    const repaired = await trust.inputValue()
    await trust.fill(`{\n  "Statement": [${hostile}]\n}`)
    await page.locator('[data-verdict=unreadable]').waitFor()
    expect(await page.locator('[data-verdict=unreadable]').textContent()).toContain('line 2')
    const open = JSON.parse(repaired) as PolicyDocument
    for (const statement of open.Statement) delete statement['Condition']
    await trust.fill(JSON.stringify(open))
    await page.getByText('Wider than the connection should have it').waitFor()
    await page.getByText('is allowed without the External ID').waitFor()
    await trust.fill(repaired)
    await page.locator('[data-verdict=pass]').waitFor()
  })

  test('takes what the AWS CLI prints, and several permissions policies', async () => {
    const trust = page.getByLabel('Trust policy of the role')
    const permissions = page.getByLabel('Permissions of the role')
    const before = [await trust.inputValue(), await permissions.inputValue()] as const
    await trust.fill(JSON.stringify({ Role: { RoleName: 'x', AssumeRolePolicyDocument: brokenTrust } }))
    await page.locator('[data-call="sts:AssumeRole"][data-status=fail]').waitFor()
    await page.getByLabel('Bucket policy').fill(JSON.stringify({ Policy: JSON.stringify(denyAll) }))
    await page.locator('[data-call="s3:PutObject"][data-status=fail]').waitFor()
    expect(await page.locator('[data-call="s3:PutObject"] .statement').textContent()).toContain('the bucket policy')
    await page.getByLabel('Bucket policy').fill('')
    const readOnly = { ...denyAll, Statement: [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' }] }
    await permissions.fill(JSON.stringify([readOnly, { PolicyDocument: JSON.parse(before[1]) }]))
    await page.locator('[data-call="s3:PutObject"][data-status=pass]').waitFor()
    await page
      .locator('[data-call="sts:AssumeRole"]')
      .getByRole('button', { name: 'Try it in the box' })
      .first()
      .click()
    await page.locator('[data-verdict=pass]').waitFor()
    await permissions.fill(before[1])
  })

  test('asked for nothing but itself, and nothing complained', () => {
    expect([...new Set(asked)]).toEqual([pathToFileURL(file).href])
    expect(complaints).toEqual([])
  })

  test('shows what strangers wrote as text, whatever it is', async () => {
    const evil = JSON.stringify({ ...brokenTrust, Id: hostile }).replaceAll('OfficeOnly', hostile)
    const { html } = await client.ticket.create({ connection: 'acme', policies: { trust: evil } })
    const other = path.join(folder, 'evil.html')
    writeFileSync(other, html)
    await page.goto(pathToFileURL(other).href)
    await page.locator('[data-cause=trust-source-ip]').waitFor()
    expect(await page.locator('.statement').first().textContent()).toContain(hostile)
    expect(await page.locator('img').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('closes when the repair is in place and a verification is green', async () => {
    await customer.edit(names, 'trust', (policy) => {
      for (const statement of policy.Statement) {
        const conditions = statement['Condition'] as Record<string, unknown> | undefined
        if (conditions !== undefined) delete conditions['IpAddress']
      }
    })
    expect((await client.ticket.list({})).tickets.map(({ closedAt }) => closedAt)).toEqual([null, null])
    expect((await verify()).status).toBe('pass')
    const { tickets } = await client.ticket.list({})
    expect(tickets.every(({ closedAt }) => closedAt !== null)).toBe(true)
    const [closed] = tickets
    const shown = await client.ticket.show({ id: closed?.id ?? '' })
    expect(shown.ticket).toEqual(closed)
    expect(shown.diagnosis.causes[0]?.id).toBe(closed?.cause)
    expect(shown.html).toContain(`"id":"${closed?.id}"`)
    await expect(client.ticket.show({ id: 'tck_none' })).rejects.toMatchObject({ code: 'not-found' })
    const { entries } = await client.evidence.export({})
    const actions = entries.map((entry) => (JSON.parse(entry) as { action: string }).action)
    expect(actions.filter((action) => action.startsWith('ticket.'))).toEqual([
      'ticket.created',
      'ticket.created',
      'ticket.closed',
      'ticket.closed',
    ])
  })

  async function verify(): Promise<Verification> {
    for await (const event of client.connection.verify({ name: 'acme' })) {
      if (event.type === 'done') return event.verification
    }
    throw new Error('the verification ended without a result')
  }

  function baseCredentials() {
    const found = sandbox.containerCredentials(null, 'drawbridge-base')
    if (found === null) throw new Error('the sandbox has no base role')
    const { accessKeyId, secretAccessKey, sessionToken } = found
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
  }

  async function picture(name: string): Promise<void> {
    if (screenshots === undefined) return
    await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true })
  }
})

/** Builds the pages when the ticket's page is absent, or older than any of its sources. */
function buildPages(): void {
  const built = path.join(root, 'dist/web/ticket.html')
  const sources = globSync('{web/ticket,src/iam,src/contract}/**/*.{ts,css,html}', { cwd: root })
  const newest = Math.max(...sources.map((source) => statSync(path.join(root, source)).mtimeMs))
  if (existsSync(built) && statSync(built).mtimeMs > newest) return
  execFileSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'web', '--logLevel', 'warn'], { cwd: root })
}
