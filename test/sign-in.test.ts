/** Signing in at the terminal through a real OpenID provider, as a process of its own: browser and device flow, renewal, expiry, and signing out. */
import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../src/base/index.ts'
import { ended, type Ran, runCli, startCli } from '../src/cli/testing/run-cli.ts'
import { createClient, delivery } from '../src/contract/index.ts'
import { signInAtProvider, TestBrowser, type Visit } from '../src/server/testing/browser.ts'
import {
  startIdentityProvider,
  type TestIdentityProvider,
  terminalClientId,
  testClient,
} from '../src/server/testing/identity-provider.ts'
import { startTestServer, type TestServer } from '../src/server/testing/test-server.ts'

const people = {
  ada: { name: 'Ada Lovelace', groups: ['quality'], department: 'QA' },
  ben: { name: 'Ben', groups: ['visitors'] },
}
const rights = { claim: 'groups', view: ['*'], operate: ['quality'], connect: [] }

describe('signing in at the terminal', () => {
  let provider: TestIdentityProvider
  let house: TestServer
  let directory: string

  beforeAll(async () => {
    provider = await startIdentityProvider(people, ['http://127.0.0.1:1/auth/callback'])
    house = await startTestServer({}, { oidc: settings(terminalClientId), rights })
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-sign-in-'))
  })

  afterAll(async () => {
    await house?.close()
    await provider?.close()
    await rm(directory, { recursive: true, force: true })
  })

  function settings(terminal: string | null, issuer = provider.issuer) {
    return {
      issuer,
      clientId: testClient.clientId,
      clientSecret: new Secret(testClient.clientSecret),
      terminalClientId: terminal,
      scopes: ['profile'],
      allowInsecureLoopback: true,
    }
  }

  const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
    DRAWBRIDGE_URL: house.server.url,
    XDG_CONFIG_HOME: join(directory, 'config'),
    ...more,
  })
  const run = (...words: string[]): Promise<Ran> => runCli(words, { directory, environment: environment() })
  const file = (): string => join(directory, 'config', 'drawbridge', 'sign-in.json')

  async function signIn(subject: string, given = environment()): Promise<Ran> {
    const child = startCli(['sign-in', '--no-browser'], { directory, environment: given })
    const result = ended(child)
    const browser = new TestBrowser()
    const start = await browser.visit(await address(child))
    const back = await signInAtProvider(browser, start, subject, ({ pathname }) => pathname === '/callback')
    const thanks = await browser.request(back.url)
    expect(thanks.text).toContain('You are signed in')
    return result
  }

  it('without a sign-in nobody comes in, in one line', async () => {
    const ran = await run('whoami')
    expect(ran.code).toBe(3)
    expect(ran.stderr).toMatch(/^error: nobody is signed in\nhint: .+\n$/)
  })

  it('by the code flow with PKCE on a loopback redirect: the person is who the provider says', async () => {
    const ran = await signIn('ada')
    expect([ran.code, ran.stdout]).toEqual([0, `signed in to ${house.server.url} as Ada Lovelace\n`])
    expect((await stat(file())).mode & 0o777).toBe(0o600)
    expect((await stat(join(directory, 'config', 'drawbridge'))).mode & 0o777).toBe(0o700)
    const who = await run('whoami')
    expect(who.stdout).toContain(`Ada Lovelace (person) at ${house.server.url}; may view, operate`)
    const { idToken } = await kept()
    for (const text of [ran.stdout, ran.stderr, who.stdout]) expect(text).not.toContain(idToken.slice(-40))
    expect(house.requests.map(({ path }) => path).join()).not.toContain('code=')
  })

  it('what is delivered is delivered in that name, with its claims', async () => {
    const operator = createClient(house.server.url, { token: house.server.token })
    const shelf = join(directory, 'shelf')
    await mkdir(shelf)
    await operator.connection.add({
      name: 'shelf',
      purpose: 'export',
      location: { service: 'local', directory: shelf, rootPath: '' },
      authentication: { kind: 'none' },
      identityMapping: { sourceIdentityClaim: 'sub', tags: [{ tag: 'team', claim: 'department', required: true }] },
    })
    await operator.route.add({ name: 'audit', targets: ['shelf'] })
    await writeFile(join(directory, 'audit.txt'), 'november')
    const sent = await run('deliver', 'audit.txt', '--route', 'audit', '--wait', '--json')
    expect(sent.stderr).toBe('')
    const record = delivery.parse(JSON.parse(sent.stdout))
    expect(record.actor).toMatchObject({ kind: 'person', subject: 'ada', issuer: provider.issuer })
    expect(record.sessionTags).toEqual({ shelf: { team: 'QA' } })
    const refused = await run('route', 'remove', 'audit')
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('needs the right `connect`')])
  })

  it('is renewed by itself, once however many commands run at the same time', async () => {
    const before = await kept()
    await age()
    const runs = await Promise.all([run('whoami'), run('whoami'), run('whoami')])
    for (const { code, stdout } of runs) expect([code, stdout]).toEqual([0, expect.stringContaining('Ada Lovelace')])
    const after = await kept()
    expect(after.idToken).not.toBe(before.idToken)
    expect(after.subject).toBe('ada')
    expect(Date.parse(after.expiresAt)).toBeGreaterThan(Date.now() + 60_000)
  })

  it('that can not be renewed is over, in one line, and does not become somebody else', async () => {
    const fresh = await readFile(file(), 'utf8')
    await age({ refreshToken: 'not-a-refresh-token', idToken: 'gone' })
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const ran = await run('whoami')
      expect([ran.code, ran.stdout]).toEqual([3, ''])
      expect(ran.stderr).toMatch(/^error: the sign-in of Ada Lovelace has expired\nhint: `drawbridge sign-in`.+\n$/)
    }
    await writeFile(file(), fresh, { mode: 0o600 })
  })

  it('of another client, a forged one, or an altered one is refused by the server', async () => {
    const { idToken } = await kept()
    const asks = (token: string): Promise<unknown> => createClient(house.server.url, { token }).service.status({})
    await expect(asks(idToken)).resolves.toMatchObject({ signedIn: { subject: 'ada' } })
    const [head = '', body = '', signature = ''] = idToken.split('.')
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'root', groups: ['quality'] })).toString('base64url')
    await expect(asks(`${head}.${forged}.${signature}`)).rejects.toMatchObject({
      code: 'unauthenticated',
      message: 'the sign-in is not accepted: the identity provider did not sign it',
    })
    const other = await startTestServer({}, { oidc: settings('another-client'), rights })
    const strange = createClient(other.server.url, { token: idToken }).service.status({})
    await expect(strange).rejects.toMatchObject({ message: expect.stringContaining('made for another application') })
    await other.close()
  })

  it('by the device flow, with a browser anywhere', async () => {
    const child = startCli(['sign-in', '--device'], { directory, environment: environment() })
    const result = ended(child)
    const browser = new TestBrowser()
    let done = await browser.visit(await address(child))
    for (let form = 0; form < 6 && done.text.includes('<form'); form += 1) {
      const isLogin = done.text.includes('name="login"')
      done = await submitForm(browser, done, isLogin ? { login: 'ben', password: 'any' } : {})
    }
    expect([done.status, done.text]).toEqual([200, expect.stringContaining('Sign-in Success')])
    const ran = await result
    expect([ran.code, ran.stdout]).toEqual([0, `signed in to ${house.server.url} as Ben\n`])
    expect(ran.stderr).toMatch(/compare the code there: [A-Z]{4}-[A-Z]{4}/)
    const refused = await run('deliver', 'audit.txt', '--route', 'audit')
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('needs the right')])
  })

  it('ends with signing out, and then nobody is signed in', async () => {
    const out = await run('sign-out')
    expect([out.code, out.stdout]).toEqual([0, `signed out of ${house.server.url}: Ben\n`])
    expect(await readFile(file(), 'utf8')).not.toContain('idToken')
    expect((await run('whoami')).code).toBe(3)
    expect((await run('sign-out')).stdout).toBe(`nobody was signed in to ${house.server.url} here\n`)
  })

  it('beside the server itself: in the person’s name until signing out, and then the operator’s', async () => {
    const beside = { XDG_CONFIG_HOME: join(directory, 'beside'), DRAWBRIDGE_DATA: house.directory }
    const who = async (): Promise<unknown> => {
      const ran = await runCli(['whoami', '--json'], { directory, environment: beside })
      return (JSON.parse(ran.stdout) as { signedIn: { kind: string; subject: string } }).signedIn
    }
    expect(await who()).toMatchObject({ kind: 'operator' })
    expect((await signIn('ada', beside)).code).toBe(0)
    expect(await who()).toMatchObject({ kind: 'person', subject: 'ada', rights: ['view', 'operate'] })
    expect((await runCli(['sign-out'], { directory, environment: beside })).code).toBe(0)
    expect(await who()).toMatchObject({ kind: 'operator' })
  })

  it('is refused in one line where the person says no, and where it is not offered', async () => {
    const child = startCli(['sign-in', '--no-browser'], { directory, environment: environment() })
    const result = ended(child)
    const callback = new URL(new URL(await address(child)).searchParams.get('redirect_uri') ?? '')
    callback.search = 'error=access_denied&state=x'
    const page = await fetch(callback)
    expect(await page.text()).toContain('Signing in did not work')
    const ran = await result
    expect([ran.code, ran.stdout]).toEqual([3, ''])
    expect(ran.stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1)
    const other = await startTestServer({}, { oidc: settings(null), rights })
    const none = await runCli(['sign-in'], {
      directory,
      environment: environment({ DRAWBRIDGE_URL: other.server.url }),
    })
    expect([none.code, none.stderr]).toEqual([4, expect.stringContaining('error: nobody signs in at a terminal to')])
    await other.close()
  })

  interface Kept {
    readonly idToken: string
    readonly subject: string
    readonly expiresAt: string
  }

  async function kept(): Promise<Kept> {
    const { signIns } = JSON.parse(await readFile(file(), 'utf8')) as { signIns: Record<string, Kept> }
    const found = signIns[house.server.url]
    if (found === undefined) throw new TypeError('nobody is signed in')
    return found
  }

  /** Makes the kept sign-in one that ended long ago. */
  async function age(change: Readonly<Record<string, string>> = {}): Promise<void> {
    const all = JSON.parse(await readFile(file(), 'utf8')) as { signIns: Record<string, object> }
    const expiresAt = '2026-01-01T00:00:00.000Z'
    all.signIns[house.server.url] = { ...all.signIns[house.server.url], expiresAt, ...change }
    await writeFile(file(), JSON.stringify(all), { mode: 0o600 })
  }
})

/** The address that a run asks the person to open. */
function address(child: ChildProcess): Promise<string> {
  let text = ''
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const found = /^ {2}(http\S+)\n\n/m.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.on('close', () => reject(new Error(`no address in: ${text}`)))
  })
}

/** Sends the one form of a page with its hidden fields, as a person who presses its button. */
function submitForm(browser: TestBrowser, visit: Visit, fields: Readonly<Record<string, string>> = {}): Promise<Visit> {
  const action = /<form[^>]+action="([^"]+)"/.exec(visit.text)?.[1]
  if (action === undefined) throw new Error(`no form at ${visit.url}: ${visit.text.slice(0, 300)}`)
  const hidden: Record<string, string> = {}
  for (const [, input = ''] of visit.text.matchAll(/<input([^>]*)>/g)) {
    const name = /name="([^"]+)"/.exec(input)?.[1]
    const value = /value="([^"]*)"/.exec(input)?.[1]
    if (name !== undefined && value !== undefined) hidden[name] = value
  }
  return browser.submit(visit, action, { ...hidden, ...fields })
}
