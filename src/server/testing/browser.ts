/** What a browser does of itself: keeps cookies per origin, follows redirects one by one, sends forms. For tests. */

/** An answer, with the address it came from. */
export interface Visit {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A browser without a screen. */
export class TestBrowser {
  readonly #cookies = new Map<string, Map<string, string>>()

  /** One request, without following where it leads. */
  async request(url: string | URL, init: RequestInit = {}): Promise<Visit> {
    const address = new URL(url)
    const jar = this.#jar(address)
    const headers = new Headers(init.headers)
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(address, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) keepCookie(jar, line)
    return { url: address, status: response.status, headers: response.headers, text: await response.text() }
  }

  /** Goes to an address and on through redirects, as long as `until` does not stop it. */
  async visit(url: string | URL, until: (url: URL) => boolean = () => false, init: RequestInit = {}): Promise<Visit> {
    let visit = await this.request(url, init)
    for (let hops = 0; hops < 20; hops++) {
      const location = visit.headers.get('location')
      if (location === null) return visit
      const next = new URL(location, visit.url)
      if (until(next)) return { ...visit, url: next }
      visit = await this.request(next)
    }
    throw new Error(`redirects without end at ${visit.url}`)
  }

  /** Sends a form as the page at `visit` would. */
  submit(
    visit: Visit,
    action: string,
    fields: Readonly<Record<string, string>>,
    until?: (url: URL) => boolean,
  ): Promise<Visit> {
    return this.visit(new URL(action, visit.url), until, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: visit.url.origin },
      body: new URLSearchParams(fields).toString(),
    })
  }

  /** The cookies of an origin, by name. */
  cookiesOf(url: string | URL): ReadonlyMap<string, string> {
    return this.#jar(new URL(url))
  }

  #jar(url: URL): Map<string, string> {
    const jar = this.#cookies.get(url.origin) ?? new Map<string, string>()
    this.#cookies.set(url.origin, jar)
    return jar
  }
}

function keepCookie(jar: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';')
  const equals = pair.indexOf('=')
  const name = pair.slice(0, equals).trim()
  const isOver = attributes.some((attribute) => /^\s*(max-age=0|expires=thu, 01 jan 1970.*)$/i.test(attribute))
  if (isOver) jar.delete(name)
  else jar.set(name, pair.slice(equals + 1))
}

/** Signs a person in at the provider's development pages, and stops where it sends the browser back to us. */
export async function signInAtProvider(
  browser: TestBrowser,
  start: Visit,
  subject: string,
  isBack: (url: URL) => boolean,
): Promise<Visit> {
  const login = await browser.submit(
    start,
    formAction(start),
    { prompt: 'login', login: subject, password: 'any' },
    isBack,
  )
  if (isBack(login.url) && login.headers.get('location') !== null) return login
  return browser.submit(login, formAction(login), { prompt: 'consent' }, isBack)
}

function formAction(visit: Visit): string {
  const action = /action="([^"]+)"/.exec(visit.text)?.[1]
  if (action === undefined) throw new Error(`no form at ${visit.url}: ${visit.status} ${visit.text.slice(0, 300)}`)
  return action
}
