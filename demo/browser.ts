/** A browser as small as the story needs: keeps cookies, follows redirects, fills in the provider's forms. */

/** One reader's cookies and where they are. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>()

  /** The cookies of an origin as one header. */
  cookieFor(origin: string): string {
    const jar = this.#cookies.get(origin) ?? new Map<string, string>()
    return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Opens an address, follows redirects by hand (each origin sees its own cookies only), and returns the last page. */
  async open(address: string, form?: URLSearchParams): Promise<{ url: URL; status: number; text: string }> {
    let url = new URL(address)
    let body = form
    for (let hop = 0; hop < 12; hop += 1) {
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: this.cookieFor(url.origin), accept: 'text/html' },
        ...(body === undefined ? {} : { method: 'POST', body }),
      })
      this.#keep(url.origin, response.headers.getSetCookie())
      const target = response.headers.get('location')
      if (target === null) return { url, status: response.status, text: await response.text() }
      await response.body?.cancel()
      url = new URL(target, url)
      body = undefined
    }
    throw new Error(`too many redirects from \`${address}\``)
  }

  #keep(origin: string, headers: readonly string[]): void {
    const jar = this.#cookies.get(origin) ?? new Map<string, string>()
    for (const header of headers) {
      const [pair = ''] = header.split(';')
      const cut = pair.indexOf('=')
      if (cut > 0) jar.set(pair.slice(0, cut).trim(), pair.slice(cut + 1).trim())
    }
    this.#cookies.set(origin, jar)
  }
}

/** Signs a person in at the service, through its provider's log-in and consent forms; ends on a page of the service. */
export async function signIn(browser: Browser, serviceUrl: string, login: string): Promise<void> {
  let page = await browser.open(`${serviceUrl}/auth/sign-in?return=/`)
  for (let form = 0; form < 3 && page.url.origin !== new URL(serviceUrl).origin; form += 1) {
    const action = /<form[^>]+action="([^"]+)"/.exec(page.text)?.[1]
    const prompt = /name="prompt" value="([^"]+)"/.exec(page.text)?.[1]
    if (action === undefined || prompt === undefined)
      throw new Error(`the provider showed no form: ${page.text.slice(0, 200)}`)
    const fields = new URLSearchParams({ prompt, ...(prompt === 'login' ? { login, password: 'any' } : {}) })
    page = await browser.open(new URL(action, page.url).href, fields)
  }
  if (page.status >= 400) throw new Error(`the sign-in ended with ${page.status}: ${page.text.slice(0, 200)}`)
}
