/**
 * From a broken trust policy to the repair, in a real browser: what a plan would break before it is applied, what turned
 * and since when, the ticket for whoever can repair, and its closing once the chain is green again.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PolicyDocument } from '../../demo/customer.ts'
import { type Cast, deliver, type Play, setUp } from '../../demo/play.ts'
import { scenarios } from '../../demo/scenarios.ts'
import { type Stage, setStage } from '../../demo/stage.ts'
import { Story } from '../../demo/story.ts'
import { needs } from '../needs.ts'
import { buildPages, chromiumPath, look, openScene, root, type Scene, signInThroughProvider } from './scene.ts'

describe.skipIf(needs(chromiumPath, 'chromium'))('a connection that breaks and is repaired', () => {
  let folder: string
  let stage: Stage
  let scene: Scene
  let page: Page
  let cast: Cast
  const scenario = scenarios.find(({ name }) => name === 'source-ip')

  beforeAll(async () => {
    buildPages()
    folder = mkdtempSync(path.join(tmpdir(), 'drawbridge-repair-'))
    stage = await setStage(root, folder, 'dynamic', ({ sandbox, azurite }) => {
      // Nobody listens there: what is told has to wait, and the page says so.
      const nobody = 'http://127.0.0.1:9'
      const secretFile = path.join(folder, 'hook-secret')
      writeFileSync(secretFile, 'a-secret-of-this-test', { mode: 0o600 })
      return {
        alerts: { webhooks: [{ url: `${nobody}/hook`, secretFile }] },
        allowedEndpoints: [sandbox.endpoint, new URL(azurite.url).origin, nobody],
      }
    })
    if (scenario === undefined) throw new TypeError('there is no scenario `source-ip`')
    const parts: Play = {
      stage,
      story: new Story(() => {}),
      root,
      scenario,
      report: { name: 'audit', files: [], root },
      atLength: false,
    }
    cast = await setUp(parts)
    await deliver(parts, cast, { [cast.s3]: 'delivered' })
    scene = await openScene(stage.serviceUrl)
    page = scene.page
    await page.goto(stage.serviceUrl)
    await signInThroughProvider(page, 'maria.keller')
  })

  afterAll(async () => {
    await scene?.close()
    cast?.customer.close()
    await stage?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('the first page shows the chain of every connection', async () => {
    await page.locator(`[data-connection="${cast.s3}"] [data-state=active]`).waitFor()
    await page.locator(`[data-connection="${cast.azure}"] [data-state=active]`).waitFor()
    await look(page, 'connections')
  })

  test('a plan with the condition on the address is told to break AssumeRole, with the line where it stands', async () => {
    await page.goto(`${stage.serviceUrl}/#/connections/${cast.s3}/what-if`)
    const box = page.getByLabel('Trust policy of the role')
    await page.getByRole('button', { name: 'Start from the set-up kit' }).click()
    const planned = JSON.parse(await box.inputValue()) as PolicyDocument
    scenario?.change(planned, { bucket: cast.names.bucket, roleArn: '' })
    await box.fill(JSON.stringify(planned, null, 2))
    await page.getByRole('button', { name: 'Try the plan' }).click()
    await page.locator('[data-outcome=fail]').waitFor()
    await page.locator('[data-call="sts:AssumeRole"][data-effect=breaks]').waitFor()
    expect(await page.locator('[data-link=assume-role]').getAttribute('data-status')).toBe('fail')
    expect(await page.locator('[data-outcome]').textContent()).toMatch(/trust policy, line \d+/)
    expect(await page.getByRole('region', { name: 'diff' }).first().textContent()).toContain('203.0.113.0/24')
    await look(page, 'what-if')
  })

  test('the plan as the kit has it breaks nothing', async () => {
    await page.getByRole('button', { name: 'Start from the set-up kit' }).click()
    await page.getByRole('button', { name: 'Try the plan' }).click()
    await page.locator('[data-outcome=pass]').waitFor()
    expect(await page.locator('[data-effect=breaks]').count()).toBe(0)
  })

  test('applied all the same, the history says what turned, since when, and which route it concerns', async () => {
    await cast.customer.edit(cast.names, 'trust', (policy) =>
      scenario?.change(policy, { bucket: cast.names.bucket, roleArn: '' }),
    )
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByRole('button', { name: 'Verify configuration' }).click()
    await page.locator('[data-link=assume-role][data-status=fail]').waitFor()
    await page.getByText('Red since').waitFor()
    await look(page, 'overview-red')
    await page.getByRole('link', { name: 'History' }).click()
    const turn = page.locator('[data-history=fail]').first()
    await turn.locator('[data-turned=assume-role]').waitFor()
    expect(await turn.locator('[data-turned=assume-role]').textContent()).toMatch(/pass.*fail/)
    expect(await turn.textContent()).toContain(cast.route)
    expect(await page.locator('[data-history=pass]').count()).toBeGreaterThan(0)
    await look(page, 'history')
  })

  test('by keyboard alone: the red link opens its cause, and another page begins at its heading', async () => {
    const focused = (): Promise<unknown> => page.evaluate('document.activeElement.textContent')
    await page.getByRole('link', { name: 'Overview' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: cast.s3, exact: true }).waitFor()
    expect(await focused()).toBe(cast.s3)
    expect(await page.title()).toBe(`${cast.s3} · Drawbridge`)
    await page.locator('[data-link=assume-role] button').focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('details[data-cause]').first().getAttribute('open')).not.toBeNull()
    expect(await focused()).toContain('aws:SourceIp')
    await page.keyboard.press('Enter')
    expect(await page.locator('details[data-cause]').first().getAttribute('open')).toBeNull()
    await page.getByRole('button', { name: 'Skip to the page' }).focus()
    await page.keyboard.press('Enter')
    expect(await focused()).toBe(cast.s3)
  })

  test('the ticket is one file, is listed as open, and shows the same diagnosis', async () => {
    await page.getByRole('link', { name: 'Overview' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Make a repair ticket' }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/^tck_\w+\.html$/)
    await page.getByRole('link', { name: 'Tickets' }).click()
    await page.locator('[data-ticket] [data-state=open]').waitFor()
    await look(page, 'tickets')
    await page.locator('[data-ticket] a').first().click()
    await page.locator('[data-link=assume-role][data-status=fail]').waitFor()
    const [again] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save the file' }).click(),
    ])
    expect(await readFile(await again.path(), 'utf8')).toBe(await readFile(await download.path(), 'utf8'))
    await look(page, 'ticket')
  })

  test('after the repair one green verification closes it', async () => {
    await cast.customer.edit(cast.names, 'trust', (policy) => {
      for (const statement of policy.Statement) {
        const conditions = statement['Condition'] as Record<string, unknown> | undefined
        if (conditions !== undefined) delete conditions['IpAddress']
      }
    })
    await page.getByRole('link', { name: cast.s3 }).first().click()
    await page.getByRole('button', { name: 'Verify configuration' }).click()
    await page.locator('[data-link=object][data-status=pass]').waitFor()
    await page.getByRole('link', { name: 'Tickets' }).click()
    await page.locator('[data-ticket] [data-state=closed]').waitFor()
    await page.goto(`${stage.serviceUrl}/#/connections/${cast.s3}/history`)
    await page.locator('[data-history=pass]').first().locator('[data-turned=assume-role]').waitFor()
    await look(page, 'history-repaired')
  })

  test('the alert that nobody took is shown with its trouble, and whoever is signed in with her rights', async () => {
    await page.getByRole('link', { name: 'Alerts' }).click()
    await page.locator('[data-recipient=webhook]').waitFor()
    const waiting = page.locator('[data-alert=waiting]').first()
    await waiting.waitFor()
    expect(await waiting.textContent()).toContain(cast.s3)
    expect(await page.content()).not.toContain('/hook')
    await look(page, 'alerts')
    await page.getByRole('link', { name: 'Maria Keller' }).click()
    await page.getByText('deliver, verify, diagnose').waitFor()
    await look(page, 'account')
    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
  })

  test('nothing complained on the console', () => {
    expect(scene.complaints).toEqual([])
  })
})
