/** Builds the Go program that reads the evidence formats with golang.org/x/mod/sumdb, from Debian's packages alone. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { needs } from '../needs.ts'

/** True when Go or sumdb is not on this machine, which is then said loudly. */
export function lacksGo(): boolean {
  const sumdb = '/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog/tlog.go'
  return needs('/usr/bin/go', 'golang-go') || needs(sumdb, 'golang-golang-x-mod-dev')
}

/** A built program. */
export interface GoProgram {
  readonly path: string
  remove(): void
}

/** Builds test/evidence/sumdb. Nothing is fetched: without modules, Go looks at Debian's sources only. */
export function buildSumdb(): GoProgram {
  const home = mkdtempSync(join(tmpdir(), 'drawbridge-sumdb-'))
  const path = join(home, 'sumdb')
  const offline = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '', GOPROXY: 'off' }
  execFileSync('/usr/bin/go', ['build', '-o', path, '.'], {
    cwd: fileURLToPath(new URL('./sumdb', import.meta.url)),
    env: { ...process.env, ...offline, GOCACHE: join(home, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { path, remove: () => rmSync(home, { recursive: true, force: true }) }
}
