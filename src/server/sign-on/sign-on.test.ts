/** Signing in through a real OpenID provider on loopback, every redirect of it, and what a session may then do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../base/index.ts'
import { createClient } from '../../contract/index.ts'
import { signInAtProvider, TestBrowser, type Visit } from '../testing/browser.ts'
import { startIdentityProvider, type TestIdentityProvider, testClient } from '../testing/identity-provider.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const people = {
  ada: { name: 'Ada Lovelace', groups: ['quality', 'bridge-admins'], department: 'QA' },
  ben: { name: 'Ben', groups: ['quality'] },
  eve: { name: 'Eve', groups: ['visitors'] },
}

const rights = { claim: 'groups', view: ['quality'], operate: ['quality'], connect: ['bridge-admins'] }

let provider: TestIdentityProvider
let house: TestServer
let freePort: number

beforeAll(async () => {
  const probe = await startTestServer()
  freePort = Number(new URL(probe.server.url).port)
  await probe.close()
  provider = await startIdentityProvider(people, [`http://127.0.0.1:${freePort}/auth/callback`])
  house = await startTestServer({}, { port: freePort, oidc: oidcSettings(), rights })
})

afterAll(async () => {
  await house?.close()
  await provider?.close()
})

function oidcSettings() {
  return {
    issuer: provider.issuer,
    clientId: testClient.clientId,
    clientSecret: new Secret(testClient.clientSecret),
    terminalClientId: null,
    scopes: ['profile'],
    allowInsecureLoopback: true,
  }
}

const isCallback = (url: URL): boolean => url.pathname === '/auth/callback'

async function signIn(browser: TestBrowser, subject: string, returnPath = '/'): Promise<Visit> {
  const start = await browser.visit(`${house.server.url}/auth/sign-in?return=${encodeURIComponent(returnPath)}`)
  const back = await signInAtProvider(browser, start, subject, isCallback)
  return browser.request(back.url)
}

function clientOf(browser: TestBrowser) {
  const cookie = [...browser.cookiesOf(house.server.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  return createClient(house.server.url, { cookie })
}

describe('signing in', () => {
  it('ends where it began, as the person that the provider vouches for', async () => {
    const browser = new TestBrowser()
    const end = await signIn(browser, 'ada', '/connections?x=1#acme')
    expect(end.status).toBe(302)
    expect(end.headers.get('location')).toBe('/connections?x=1#acme')
    const status = await clientOf(browser).service.status({})
    expect(status.signedIn).toEqual({
      kind: 'person',
      subject: 'ada',
      displayName: 'Ada Lovelace',
      rights: ['view', 'operate', 'connect'],
    })
  })

  it('asks with PKCE, state and nonce, and gives the browser no secret', async () => {
    const browser = new TestBrowser()
    const start = await browser.request(`${house.server.url}/auth/sign-in`)
    const location = new URL(start.headers.get('location') ?? '')
    expect(location.origin).toBe(provider.issuer)
    expect(location.searchParams.get('code_challenge_method')).toBe('S256')
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(location.searchParams.get(name)?.length).toBeGreaterThan(20)
    }
    expect(start.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax; Max-Age=600$/)
  })

  it('gives everybody the rights of their groups and no more', async () => {
    const [ada, ben, eve] = [new TestBrowser(), new TestBrowser(), new TestBrowser()]
    await signIn(ada, 'ada')
    await signIn(ben, 'ben')
    await signIn(eve, 'eve')
    const route = { name: 'nowhere', targets: ['missing'] }
    await expect(clientOf(ada).route.add(route)).rejects.toMatchObject({ code: 'not-found' })
    await expect(clientOf(ben).route.add(route)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(clientOf(ben).route.list({})).resolves.toEqual({ routes: [] })
    await expect(clientOf(eve).route.list({})).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('ends with signing out', async () => {
    const browser = new TestBrowser()
    await signIn(browser, 'ben')
    const client = clientOf(browser)
    await client.route.list({})
    const out = await browser.request(`${house.server.url}/auth/sign-out`, {
      method: 'POST',
      headers: { origin: house.server.url },
    })
    expect(out.status).toBe(204)
    await expect(client.route.list({})).rejects.toMatchObject({ code: 'unauthenticated' })
  })
})

describe('a signed-in browser', () => {
  it('is still signed in after a restart of the server, with the rights of its claims', async () => {
    const [ada, ben] = [new TestBrowser(), new TestBrowser()]
    await signIn(ada, 'ada')
    await signIn(ben, 'ben')
    await house.restart()
    const status = await clientOf(ada).service.status({})
    expect(status.signedIn).toMatchObject({ kind: 'person', subject: 'ada', rights: ['view', 'operate', 'connect'] })
    const route = { name: 'nowhere', targets: ['missing'] }
    await expect(clientOf(ben).route.add(route)).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('signs the person out everywhere, and nobody else', async () => {
    const [desk, phone, ben] = [new TestBrowser(), new TestBrowser(), new TestBrowser()]
    for (const browser of [desk, phone]) await signIn(browser, 'ada')
    await signIn(ben, 'ben')
    const everywhere = `${house.server.url}/auth/sign-out?everywhere`
    const foreign = await desk.request(everywhere, { method: 'POST', headers: { origin: 'https://evil.example' } })
    expect(foreign.status).toBe(403)
    await clientOf(phone).route.list({})
    const [before, client] = [clientOf(desk), clientOf(phone)]
    const out = await desk.request(everywhere, { method: 'POST', headers: { origin: house.server.url } })
    expect(out.status).toBe(204)
    for (const one of [before, client]) {
      await expect(one.route.list({})).rejects.toMatchObject({ code: 'unauthenticated' })
    }
    await clientOf(ben).route.list({})
  })
})

describe('an answer of the provider', () => {
  async function callback(browser: TestBrowser, subject: string): Promise<URL> {
    const start = await browser.visit(`${house.server.url}/auth/sign-in`)
    return (await signInAtProvider(browser, start, subject, isCallback)).url
  }

  it('is worth nothing in another browser', async () => {
    const victim = new TestBrowser()
    const url = await callback(new TestBrowser(), 'ada')
    const visit = await victim.request(url)
    expect(visit.status).toBe(401)
    expect(victim.cookiesOf(house.server.url).size).toBe(0)
  })

  it('is used once', async () => {
    const browser = new TestBrowser()
    const url = await callback(browser, 'ada')
    expect((await browser.request(url)).status).toBe(302)
    expect((await new TestBrowser().request(url)).status).toBe(401)
    expect((await browser.request(url)).status).toBe(401)
  })

  it.each(['state', 'code', 'iss'])('is refused with another `%s`', async (name) => {
    const browser = new TestBrowser()
    const url = await callback(browser, 'ada')
    url.searchParams.set(name, 'https://evil.example/x')
    const visit = await browser.request(url)
    expect(visit.status).toBe(401)
    expect(visit.text).toContain('Signing in did not work')
    expect(visit.headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})

describe('a session cookie', () => {
  it('does nothing for a request that another site makes', async () => {
    const browser = new TestBrowser()
    await signIn(browser, 'ada')
    const body = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"x","targets":["y"]}',
    }
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, {}]) {
      const visit = await browser.request(`${house.server.url}/api/v1/routes`, {
        ...body,
        headers: { ...body.headers, ...headers },
      })
      expect([visit.status, visit.text]).toEqual([403, expect.stringContaining('forbidden')])
    }
  })
})

describe('an issuer', () => {
  it.each(['http://idp.example', 'http://192.0.2.1'])('over plain http at %s is refused', async (issuer) => {
    const started = startTestServer({}, { oidc: { ...oidcSettings(), issuer } })
    await expect(started).rejects.toMatchObject({ code: 'configuration-invalid' })
  })

  it('that does not answer keeps nobody from the rest, and is asked again', async () => {
    const other = await startTestServer({}, { oidc: { ...oidcSettings(), issuer: 'http://127.0.0.1:1' } })
    for (let attempt = 0; attempt < 2; attempt++) {
      const visit = await new TestBrowser().request(`${other.server.url}/auth/sign-in`)
      expect([visit.status, visit.text]).toEqual([503, expect.stringContaining('unavailable')])
    }
    await other.close()
  })
})

describe('without an identity provider', () => {
  it('the holder of the data directory signs in with its token', async () => {
    const other = await startTestServer()
    const browser = new TestBrowser()
    const form = await browser.visit(`${other.server.url}/auth/sign-in?return=/x`)
    const wrong = await browser.submit(form, '/auth/operator', { token: 'dbo_wrong', return: '/x' })
    expect(wrong.status).toBe(401)
    const right = await browser.submit(form, '/auth/operator', { token: other.server.token, return: '/x' }, () => true)
    expect(right.url.pathname).toBe('/x')
    const status = await browser.request(`${other.server.url}/api/v1/status`)
    expect(JSON.parse(status.text)).toMatchObject({ signedIn: { kind: 'operator' } })
    await other.close()
  })
})
