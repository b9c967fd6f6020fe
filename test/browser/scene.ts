/** What the journeys in a real browser share: the built pages, a browser whose console is listened to, and pictures. */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { faultsOf } from './audit.ts'

export const root = path.dirname(path.dirname(import.meta.dirname))
export const chromiumPath = '/usr/bin/chromium'
const screenshots = process.env['DRAWBRIDGE_SCREENSHOTS']

/** A browser with one page open. */
export interface Scene {
  readonly browser: Browser
  readonly page: Page
  /** What our own pages wrote on the console; must stay empty. */
  readonly complaints: string[]
  close(): Promise<void>
}

/** Builds the pages when they are absent or older than what they are made of. */
export function buildPages(): void {
  const built = path.join(root, 'dist/web/index.html')
  const sources = globSync('{web,src/contract,src/base,src/iam}/**/*.{ts,tsx,css,html,svg}', { cwd: root })
  const newest = Math.max(...sources.map((file) => statSync(path.join(root, file)).mtimeMs))
  if (existsSync(built) && statSync(built).mtimeMs > newest) return
  execFileSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'web', '--logLevel', 'error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Opens a browser for the service at `serviceUrl`. */
export async function openScene(serviceUrl: string): Promise<Scene> {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] })
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' })
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('console', (message) => {
    const isOurs = message.location().url.startsWith(serviceUrl)
    // The browser itself notes a refused or failed answer; what the page says about it is what the tests look at.
    const isNetwork = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && isOurs && !isNetwork) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return { browser, page, complaints, close: () => browser.close() }
}

/** Signs a person in through the provider's own forms. */
export async function signInThroughProvider(page: Page, login: string): Promise<void> {
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('any')
  await page.locator('button[type=submit]').click()
  await page.locator('button[type=submit]').click()
  await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor()
}

const looks = [
  { name: 'desktop', width: 1280, height: 900, colorScheme: 'light' },
  { name: 'desktop-dark', width: 1280, height: 900, colorScheme: 'dark' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark' },
] as const

/** Looks at the page as it is, wide and narrow, light and dark: it must keep what every page keeps. Takes pictures when asked to. */
export async function look(page: Page, name: string): Promise<void> {
  for (const { name: variant, width, height, colorScheme } of looks) {
    await page.setViewportSize({ width, height })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor()
    expect(await faultsOf(page), `${name} on ${variant}`).toEqual([])
    if (screenshots !== undefined) {
      await page.screenshot({
        path: path.join(screenshots, `${name}-${variant}.png`),
        fullPage: true,
        animations: 'disabled',
      })
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })
}
