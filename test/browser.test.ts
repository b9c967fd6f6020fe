/** The pages in a real browser, against the real service: sign in, press Verify, read the red chain and its diff. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { breakAndDeliver, type Cast, deliver, type Play, setUp } from '../demo/play.ts'
import { scenarios } from '../demo/scenarios.ts'
import { type Stage, setStage } from '../demo/stage.ts'
import { Story } from '../demo/story.ts'
import { buildPages, chromiumPath, root } from './browser/scene.ts'
import { needs } from './needs.ts'

const screenshots = process.env['DRAWBRIDGE_SCREENSHOTS']

describe.skipIf(needs(chromiumPath, 'chromium'))('the pages', () => {
  let folder: string
  let stage: Stage
  let browser: Browser
  let page: Page
  let parts: Play
  let cast: Cast
  const complaints: string[] = []

  beforeAll(async () => {
    buildPages()
    folder = mkdtempSync(path.join(tmpdir(), 'drawbridge-browser-'))
    stage = await setStage(root, folder, 'dynamic')
    const scenario = scenarios.find(({ name }) => name === 'source-ip')
    if (scenario === undefined) throw new TypeError('there is no scenario `source-ip`')
    const story = new Story(() => {})
    parts = { stage, story, root, scenario, report: { name: 'audit', files: [], root }, atLength: false }
    cast = await setUp(parts)
    await deliver(parts, cast, { [cast.s3]: 'delivered' })
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] })
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    page.on('console', (message) => {
      const isOurs = message.location().url.startsWith(stage.serviceUrl)
      if (message.type() === 'error' && isOurs && !message.text().includes('401')) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
  })

  afterAll(async () => {
    await browser?.close()
    cast?.customer.close()
    await stage?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a person signs in through the provider and sees the connections', async () => {
    await page.goto(stage.serviceUrl)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.locator('input[name=login]').fill('maria.keller')
    await page.locator('input[name=password]').fill('any')
    await page.locator('button[type=submit]').click()
    await page.locator('button[type=submit]').click()
    await page.getByText('Maria Keller').waitFor()
    await page.locator(`[data-connection="${cast.s3}"] [data-state=active]`).waitFor()
  })

  test('the Verify button runs the checks live, all green', async () => {
    await page.locator(`[data-connection="${cast.s3}"] a`).click()
    await page.getByRole('button', { name: 'Verify configuration' }).click()
    await page.locator('[data-check=external-id-required][data-status=pass]').waitFor()
    await page.locator('[data-check=put-object][data-status=pass]').waitFor()
    expect(await page.locator('[data-link=assume-role]').getAttribute('data-status')).toBe('pass')
  })

  test('after the change of a policy the chain is red, and the pasted policies give the diff', async () => {
    await breakAndDeliver(parts, cast)
    await page.getByRole('button', { name: 'Verify configuration' }).click()
    await page.locator('[data-link=assume-role][data-status=fail]').waitFor()
    const trust = await cast.customer.read(cast.names, 'trust')
    const permissions = await cast.customer.read(cast.names, 'permissions')
    await page.getByLabel('Trust policy of the role').fill(JSON.stringify(trust, null, 2))
    await page.getByLabel('Permissions policy of the role').fill(JSON.stringify(permissions, null, 2))
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    const diff = page.getByRole('region', { name: 'diff' }).first()
    await diff.waitFor()
    expect(await diff.textContent()).toContain('203.0.113.0/24')
    expect(await diff.locator('[data-kind=removed]').count()).toBeGreaterThan(0)
    await page.getByText('proved', { exact: true }).first().waitFor()
    await picture('red-chain-desktop')
    if (screenshots !== undefined) {
      const card = page.locator('section.card', { hasText: 'Explain with the policies' })
      await card.locator('section[aria-label=diagnosis]').screenshot({ path: path.join(screenshots, 'red-chain.png') })
    }
  })

  test('on a phone the same page has no sideways scroll', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    const wide = `[...document.querySelectorAll('body *')]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('pre, [aria-label=diff]'))
      .map((one) => one.outerHTML.slice(0, 120))`
    expect(await page.evaluate(wide)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    await picture('red-chain-phone')
    await page.setViewportSize({ width: 1280, height: 900 })
  })

  test('the delivery shows the refused target, the backup and the receipt', async () => {
    await page.getByRole('link', { name: 'Deliveries' }).click()
    await page
      .locator('[data-delivery]', { has: page.locator('[data-state=owed]') })
      .locator('a')
      .first()
      .click()
    await page.locator(`section[data-target="${cast.s3}"] [data-state=refused]`).waitFor()
    await page.locator(`section[data-target="${cast.azure}"] [data-state=delivered]`).waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator(`section[data-target="${cast.azure}"]`).getByRole('button', { name: 'Save the receipt' }).click(),
    ])
    expect(download.suggestedFilename()).not.toBe('')
    await picture('delivery-desktop')
  })

  test('nothing complained on the console', () => {
    expect(complaints).toEqual([])
  })

  async function picture(name: string): Promise<void> {
    if (screenshots !== undefined)
      await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true })
  }
})
