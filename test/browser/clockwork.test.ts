/**
 * What goes by the clock, in a real browser: a schedule is made, run, paused and caught up after an outage; canaries go to
 * every target; a target that is down says so, with what waits for it; and a person of another tenant sees none of it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Customer, type CustomerNames } from '../../demo/customer.ts'
import { region, type Stage, setStage } from '../../demo/stage.ts'
import type { DrawbridgeClient } from '../../src/contract/index.ts'
import { customerAccountId } from '../../src/sandbox/index.ts'
import { needs } from '../needs.ts'
import { type Gate, startGate } from './gate.ts'
import { buildPages, chromiumPath, look, openScene, root, type Scene, signInThroughProvider } from './scene.ts'

const hourMs = 60 * 60_000

describe.skipIf(needs(chromiumPath, 'chromium'))('schedules, canaries and targets', () => {
  let folder: string
  let reports: string
  let stage: Stage
  let scene: Scene
  let page: Page
  let customer: Customer
  let gate: Gate
  let person: DrawbridgeClient

  beforeAll(async () => {
    buildPages()
    folder = mkdtempSync(path.join(tmpdir(), 'drawbridge-clockwork-'))
    reports = path.join(folder, 'reports')
    for (const name of ['reports', 'shelf']) mkdirSync(path.join(folder, name))
    const rights = { claim: 'groups', view: ['*'], operate: ['quality'], connect: ['quality'] }
    stage = await setStage(root, folder, 'dynamic', async ({ sandbox, azurite }) => {
      gate = await startGate(sandbox.endpoint, Number.POSITIVE_INFINITY)
      return {
        rights,
        allowedEndpoints: [sandbox.endpoint, gate.url, new URL(azurite.url).origin],
        schedules: { folders: [reports] },
        spool: { quotaBytes: 2_000_000 },
        circuit: { failures: 1, probeSeconds: 600 },
      }
    })
    const { accessKeyId, secretAccessKey } = stage.sandbox.customer
    customer = new Customer({ endpoint: stage.sandbox.endpoint, region, accessKeyId, secretAccessKey })
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

  test('pages with nothing on them say what belongs there', async () => {
    await open('Schedules')
    await page.getByText('Nothing goes out by the clock yet').waitFor()
    await page.getByText('Add a route first').waitFor()
    await look(page, 'schedules-empty')
    await open('Targets')
    await page.getByText('No route has a target yet').waitFor()
    await look(page, 'targets-empty')
    await addTargets()
  })

  test('a schedule is added, and what its times mean is shown before', async () => {
    await open('Schedules')
    const form = page.getByRole('form', { name: 'add a schedule' })
    await form.getByLabel('Name').fill('hourly')
    await form.getByLabel('Folder').fill(reports)
    await form.getByLabel('Time zone').fill('Asia/Tokyo')
    await form.getByRole('textbox', { name: 'Times' }).fill('0 6 32 * *')
    await form.locator('[data-preview=refused]', { hasText: 'is no cron pattern' }).waitFor()
    await form.getByRole('textbox', { name: 'Times' }).fill('30 6 1 1 *')
    await form.locator('[data-next]').nth(4).waitFor()
    // Half past six in Tokyo is the evening before in UTC, which is the clock of this browser.
    expect(await form.locator('[data-next]').first().getAttribute('data-next')).toMatch(/-12-31T21:30:00\.000Z$/)
    expect(await form.locator('[data-next]').first().textContent()).toMatch(/Jan.*06:30.*Dec.*for you/)
    await look(page, 'schedule-form')
    await form.getByRole('textbox', { name: 'Times' }).fill('0 * * * *')
    await form.getByLabel('After an outage').selectOption('none')
    await form.getByRole('button', { name: 'Add the schedule' }).click()
    await page.locator('[data-schedule=hourly] [data-state=active]').waitFor()
    expect(await stage.operator.schedule.show({ name: 'hourly' })).toMatchObject({
      ...{ route: 'audit', folder: reports, timeZone: 'Asia/Tokyo', catchUp: 'none', cron: '0 * * * *' },
    })
  })

  test('a folder that schedules may not read is refused in one line, with its hint', async () => {
    const form = page.getByRole('form', { name: 'add a schedule' })
    await form.getByLabel('Name').fill('greedy')
    await form.getByLabel('Folder').fill('/etc')
    await form.getByRole('textbox', { name: 'Times' }).fill('0 6 1 * *')
    await form.getByRole('button', { name: 'Add the schedule' }).click()
    const alert = form.getByRole('alert')
    await alert.getByText('schedules may not read').waitFor()
    expect(await alert.textContent()).toContain('schedules.folders')
    expect((await stage.operator.schedule.list({})).schedules).toHaveLength(1)
  })

  test('run once by hand it hands the new file over, and its history leads to the delivery', async () => {
    writeFileSync(path.join(reports, 'october.csv'), 'october')
    await page.locator('[data-schedule=hourly] a').click()
    await page.getByRole('heading', { level: 1, name: 'hourly' }).waitFor()
    await page.getByRole('button', { name: 'Run once now' }).click()
    const run = page.locator('[data-slot][data-state=accepted]')
    await run.getByText('by hand').waitFor()
    await run.getByRole('link', { name: 'Delivery of 1 file' }).click()
    await page.locator('section[data-target=acme] [data-state=delivered]').waitFor()
  })

  test('paused it has no next run, and resumed it has one again', async () => {
    await page.goto(`${stage.serviceUrl}/#/schedules/hourly`)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('None while it is paused').waitFor()
    expect((await stage.operator.schedule.show({ name: 'hourly' })).state).toBe('paused')
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('list', { name: 'next runs' }).waitFor()
    expect(await page.getByRole('list', { name: 'next runs' }).getByRole('listitem').count()).toBe(5)
  })

  test('what an outage left is caught up after a question that says what will happen, and only what was ticked', async () => {
    await awayFor(5)
    writeFileSync(path.join(reports, 'november.csv'), 'november')
    await page.reload()
    const missed = page.getByRole('region', { name: 'missed runs' })
    await missed.locator('[data-missed]').nth(3).waitFor()
    await look(page, 'schedule-missed')
    await missed.getByRole('checkbox').nth(1).check()
    await missed.getByRole('checkbox').nth(0).check()
    await missed.getByRole('button', { name: 'Catch up 2 runs' }).click()
    const question = page.getByRole('region', { name: 'Catch up 2 missed runs now?' })
    await question.waitFor()
    expect(await focusIsIn('.question')).toBe(true)
    expect(await question.textContent()).toContain(reports)
    await look(page, 'schedule-question')
    expect((await missedRuns()).length).toBeGreaterThanOrEqual(4)
    const before = (await missedRuns()).length
    await question.getByRole('button', { name: 'No, leave it' }).click()
    expect((await missedRuns()).length).toBe(before)
    await missed.getByRole('button', { name: 'Catch up 2 runs' }).click()
    await question.getByRole('button', { name: 'Yes, run them now' }).click()
    await missed.getByRole('button', { name: 'Catch up what is ticked' }).waitFor()
    expect((await missedRuns()).length).toBe(before - 2)
    // The earlier of the two found the new file, and the later nothing more.
    const { slots } = await stage.operator.schedule.show({ name: 'hourly' })
    const caughtUp = slots.filter(({ kind, state }) => kind === 'planned' && state !== 'missed')
    expect(caughtUp.map(({ state }) => state).slice(-2)).toEqual(['empty', 'accepted'])
    await look(page, 'schedule')
    await open('Schedules')
    await page.locator('[data-schedule=hourly] [data-state=missed]').waitFor()
    await look(page, 'schedules')
  })

  test('canaries are switched on after saying what they leave, and one is sent to every target', async () => {
    await open('Routes')
    const route = page.locator('[data-route=audit]')
    await route.getByText('Canaries: never by themselves').click()
    await route.getByText('Each leaves an object and its receipt').waitFor()
    await route.getByLabel('How often').selectOption('every day')
    await route.getByText('Canaries: every day').waitFor()
    await expect.poll(() => canaries()).toMatchObject({ everyHours: 24 })
    await route.getByRole('button', { name: 'Send one now' }).click()
    await route.getByRole('button', { name: 'Yes, send it' }).click()
    await expect.poll(lastCanary, { timeout: 20_000 }).toEqual([
      { connection: 'acme', state: 'delivered' },
      { connection: 'shelf', state: 'delivered' },
    ])
    for (const target of ['acme', 'shelf']) {
      await route.locator(`[data-canary=${target}][data-state=delivered]`).waitFor()
    }
    await look(page, 'routes-canaries')
    await route.getByLabel('How often').selectOption('never by themselves')
    await expect.poll(() => canaries()).toEqual({ everyHours: 0 })
  })

  test('a target that is down says why, since when, what waits for it and when it is tried next', async () => {
    await gate.close()
    await hand('large.bin', 900_000)
    await page.goto(`${stage.serviceUrl}/#/targets`)
    const acme = page.locator('[data-target=acme]')
    await acme.locator('[data-circuit=open]').waitFor({ timeout: 90_000 })
    expect(await acme.textContent()).toMatch(/since .* tried next .*: .*1 delivery waiting/)
    await page.locator('[data-target=shelf] [data-state=closed]').waitFor()
    await page.locator('[data-room=lone]', { hasText: 'every target is down' }).waitFor()
    expect(await page.locator('[data-room=lone]').textContent()).toContain('900.0 kB wait, of at most 1.0 MB')
    await expect(hand('larger.bin', 900_000)).rejects.toMatchObject({ code: 'spool-full' })
    await look(page, 'targets')
    await acme.getByRole('link', { name: 'acme', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Deliveries to acme' }).waitFor()
    await page.locator('[data-waiting]').first().waitFor()
    expect(await page.locator('[data-waiting]').first().textContent()).toContain('large.bin')
    await look(page, 'target')
    await page.locator('[data-waiting] a').first().click()
    await page.getByRole('heading', { level: 1, name: 'large.bin' }).waitFor()
  }, 120_000)

  test('the longest names that there may be fit on every page', async () => {
    const [connection, route, schedule] = ['c', 'r', 's'].map((letter) => letter.repeat(63))
    if (connection === undefined || route === undefined || schedule === undefined) throw new TypeError('three of them')
    const deep = path.join(reports, 'a-folder-with-a-long-name-and-no-end'.repeat(4))
    await stage.operator.connection.add({
      name: connection,
      purpose: 'export',
      location: { service: 'local', directory: path.join(folder, 'shelf', 'x'.repeat(120)), rootPath: '' },
      authentication: { kind: 'none' },
    })
    await stage.operator.route.add({ name: route, targets: [connection, 'shelf'] })
    await stage.operator.schedule.create({
      ...{ name: schedule, route, folder: deep, pattern: `${'*-'.repeat(60)}.csv`, report: 'r'.repeat(200) },
      ...{ cron: '0,5,10,15,20,25,30,35,40,45,50,55 0-12,14-23 1-15,17-31 1-11 1-5', catchUp: 'none' },
    })
    for (const address of ['connections', 'routes', 'schedules', 'targets']) {
      await page.goto(`${stage.serviceUrl}/#/${address}`)
      await page
        .getByText(address === 'schedules' ? schedule : connection)
        .first()
        .waitFor()
      await look(page, `long-${address}`)
    }
    for (const [view, name] of [
      ['connections', connection],
      ['schedules', schedule],
      ['targets', connection],
    ] as const) {
      await page.goto(`${stage.serviceUrl}/#/${view}/${name}`)
      await page.getByRole('heading', { level: 1, name }).waitFor()
      await look(page, `long-${view}-one`)
    }
  })

  test('by keyboard alone a question is asked and left, and the focus comes back to where it was', async () => {
    await page.goto(`${stage.serviceUrl}/#/schedules/hourly`)
    await page.getByRole('button', { name: 'Remove' }).focus()
    await page.keyboard.press('Enter')
    const question = page.getByRole('region', { name: 'Remove the schedule hourly?' })
    await question.waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Yes, remove it')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await question.waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Remove')
    expect((await stage.operator.schedule.show({ name: 'hourly' })).name).toBe('hourly')
  })

  test('whoever may only look sees all of it and is offered nothing', async () => {
    await signInAs('jonas.lind')
    await page.goto(`${stage.serviceUrl}/#/schedules/hourly`)
    await page.getByRole('region', { name: 'missed runs' }).waitFor()
    for (const name of ['Pause', 'Run once now', 'Remove', 'Catch up what is ticked']) {
      expect([name, await page.getByRole('button', { name }).count()]).toEqual([name, 0])
    }
    await open('Routes')
    await page.locator('[data-route=audit] summary').click()
    expect(await page.getByRole('button', { name: 'Send one now' }).count()).toBe(0)
    await open('Schedules')
    await page.locator('[data-schedule=hourly]').waitFor()
    expect(await page.getByRole('form').count()).toBe(0)
  })

  test('a person of another tenant sees nothing of it, and the session does not go with her', async () => {
    await signInAs('maria.keller')
    changeConfig({ tenant: 'globex' })
    await stage.restartService()
    await page.goto(stage.serviceUrl)
    await page.reload()
    // The browser still sends the session that it had with the other tenant.
    expect((await page.context().cookies(stage.serviceUrl)).length).toBeGreaterThan(0)
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    await page.context().clearCookies()
    await page.reload()
    await signInThroughProvider(page, 'maria.keller')
    for (const [door, words] of [
      ['Connections', 'No connection yet'],
      ['Routes', 'No route yet'],
      ['Schedules', 'Nothing goes out by the clock yet'],
      ['Deliveries', 'Nothing has been delivered yet'],
      ['Targets', 'No route has a target yet'],
      ['Tickets', 'No ticket'],
      ['Alerts', 'Nothing yet'],
    ] as const) {
      await open(door)
      await page.getByText(words).first().waitFor()
      expect([door, await page.getByText(/acme|audit|hourly|shelf/).count()]).toEqual([door, 0])
    }
    for (const [address, words] of [
      ['connections/acme', 'there is no connection'],
      ['connections/acme/kit', 'there is no connection'],
      ['schedules/hourly', 'there is no schedule'],
      ['targets/acme', 'no route has the target'],
    ] as const) {
      await page.goto(`${stage.serviceUrl}/#/${address}`)
      await page.getByRole('alert').getByText(words).waitFor()
    }
  })

  test('nothing complained on the console', () => {
    expect(scene.complaints).toEqual([])
  })

  async function open(door: string): Promise<void> {
    await page.getByRole('navigation', { name: 'main' }).getByRole('link', { name: door }).click()
  }

  function focusIsIn(selector: string): Promise<boolean> {
    return page.evaluate(`document.activeElement.closest('${selector}') !== null`)
  }

  async function missedRuns(): Promise<string[]> {
    const { slots } = await stage.operator.schedule.show({ name: 'hourly' })
    return slots.filter(({ state }) => state === 'missed').map(({ at }) => at)
  }

  async function canaries(): Promise<unknown> {
    return (await stage.operator.route.show({ name: 'audit' })).canaries
  }

  async function lastCanary(): Promise<unknown> {
    return (await stage.operator.route.show({ name: 'audit' })).canary?.targets
  }

  /** The schedule's last look is moved back: the server comes back as after so many hours away. */
  async function awayFor(hours: number): Promise<void> {
    await stage.stopService()
    const database = new DatabaseSync(path.join(stage.dataDirectory, 'drawbridge.sqlite'))
    const since = new Date(Date.now() - hours * hourMs).toISOString()
    database.prepare('update schedules set handled_until = ?').run(since)
    database.close()
    await stage.restartService()
    await expect.poll(async () => (await missedRuns()).length).toBeGreaterThanOrEqual(hours - 1)
  }

  async function hand(name: string, bytes: number): Promise<void> {
    const { upload } = await person.upload(name, new Uint8Array(bytes).fill(7))
    await person.delivery.create({ route: 'lone', uploads: [upload] })
  }

  async function signInAs(login: string): Promise<void> {
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    await page.context().clearCookies()
    await page.goto(stage.serviceUrl)
    await signInThroughProvider(page, login)
  }

  function changeConfig(change: Readonly<Record<string, unknown>>): void {
    const file = path.join(stage.dataDirectory, 'config.json')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }))
  }

  /** A bucket behind the gate, and a folder of our own; one route leads to both and one to the bucket alone. */
  async function addTargets(): Promise<void> {
    const names: CustomerNames = { bucket: 'acme-audit-clock', role: 'drawbridge-acme', keyArn: null }
    await customer.makeBucket(names.bucket, false)
    const { operator } = stage
    await operator.connection.add({
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
    await customer.applyKit(await operator.connection.kit({ name: 'acme' }), names)
    await operator.connection.add({
      name: 'shelf',
      purpose: 'export',
      location: { service: 'local', directory: path.join(folder, 'shelf'), rootPath: '' },
      authentication: { kind: 'none' },
    })
    await operator.route.add({ name: 'audit', targets: ['acme', 'shelf'] })
    await operator.route.add({ name: 'lone', targets: ['acme'] })
  }
})
