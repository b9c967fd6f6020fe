/**
 * The web pages, read from the build's folder once at start and served from memory: no request ever becomes a path on
 * the disk. A page of the application answers every address that is not a file.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Random } from '../base/index.ts'
import { contentSecurityPolicy } from './guards.ts'

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  json: 'application/json',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
}

interface Page {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
}

/** Answers a GET of the browser; null when the address asks for a file that is not there. */
export type Pages = (path: string) => Response | null

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Drawbridge</title>
<h1>Drawbridge is running</h1>
<p>Its web pages are not built. Run <code>npm run build:web</code> and start it again.</p>
<p>The API is at <a href="/openapi.json">/openapi.json</a>.</p>
</html>
`

/** Where the build leaves room for the nonce of the page's style elements. */
const noncePlaceholder = '%CSP_NONCE%'

/** Loads the pages below `root`; null or an absent folder gives the one page that says how to build them. */
export async function loadPages(root: string | null, random: Random): Promise<Pages> {
  const files = root === null ? new Map<string, Page>() : await readTree(root)
  const index = files.get('/index.html')
  const shell = index === undefined ? notBuilt : Buffer.from(index.bytes).toString('utf8')
  return (path) => {
    if (path !== '/' && path !== '/index.html') {
      const file = files.get(path)
      if (file !== undefined) return answerFile(path, file)
      if (/\.[a-z0-9]{1,8}$/i.test(path)) return null
    }
    return answerShell(shell, random)
  }
}

function answerShell(shell: string, random: Random): Response {
  const nonce = shell.includes(noncePlaceholder) ? Buffer.from(random.bytes(16)).toString('base64') : null
  return new Response(nonce === null ? shell : shell.replaceAll(noncePlaceholder, nonce), {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': contentSecurityPolicy(nonce),
    },
  })
}

function answerFile(path: string, file: Page): Response {
  // Vite names what it puts under /assets by its content.
  const isImmutable = path.startsWith('/assets/')
  return new Response(file.bytes, {
    headers: {
      'content-type': file.type,
      'cache-control': isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': contentSecurityPolicy(null),
    },
  })
}

async function readTree(root: string): Promise<Map<string, Page>> {
  const files = new Map<string, Page>()
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const extension = entry.name.slice(entry.name.lastIndexOf('.') + 1)
    const type = contentTypes[extension]
    if (type === undefined) continue
    files.set(`/${relative(root, path).split(sep).join('/')}`, { bytes: new Uint8Array(await readFile(path)), type })
  }
  return files
}
