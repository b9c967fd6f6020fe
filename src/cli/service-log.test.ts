/** The log of a service: whatever is put into it, nothing that has the form of a secret comes out. */
import { expect, it } from 'vitest'
import { DrawbridgeError, Secret } from '../base/index.ts'
import { openServiceLog } from './service-log.ts'
import type { Terminal } from './terminal.ts'

function logging(format: 'text' | 'json'): { lines: string[]; log: ReturnType<typeof openServiceLog> } {
  const lines: string[] = []
  const terminal = { note: (text: string) => lines.push(text) } as unknown as Terminal
  return { lines, log: openServiceLog(terminal, { format, level: 'info' }) }
}

const canary = 'k7QzX4mWcV9tRb2LpD8sJfH3nYgE6aU1oI5w0CyB'
const leaks = [
  `https://acme.blob.core.windows.net/audit?sv=2024-11-04&sig=${canary}%3D`,
  `https://s3.amazonaws.com/b/k?X-Amz-Signature=${canary}&X-Amz-Security-Token=${canary}`,
  `aws_secret_access_key = ${canary}`,
  `{"secretAccessKey":"${canary}"}`,
  `postgres://drawbridge:${canary}@db.internal:5432/drawbridge`,
  `authorization: Bearer ${canary}`,
  `eyJhbGciOiJSUzI1NiJ9.${canary}.${canary}`,
  `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----`,
  `SAMLResponse=${canary}`,
]

it.each(['text', 'json'] as const)('keeps every form of a credential out of its %s lines', (format) => {
  const { lines, log } = logging(format)
  for (const leak of leaks) {
    log.fault(new Error(leak))
    log.trouble('watch', new DrawbridgeError({ code: 'unavailable', message: leak, help: leak }))
    log.delivery({ type: 'crash', delivery: 'dlv_1', error: new Error(leak) })
    log.delivery({
      ...{ type: 'target', tenant: 't', delivery: 'dlv_1', connection: 'acme', state: 'failed' },
      reason: leak,
    })
    log.trouble('watch', { secret: new Secret(canary) })
  }
  expect(lines.length).toBeGreaterThanOrEqual(leaks.length * 4)
  for (const line of lines) expect(line).not.toContain(canary)
})

it('writes one object a line, whatever a stranger put into it', () => {
  const { lines, log } = logging('json')
  const time = '2026-11-03T10:00:00.000Z'
  log.request({ time, method: 'GET', path: '/a\n{"level":"forged"}', status: 200, durationMs: 1, caller: 'nobody' })
  log.trouble('watch', new Error('a\u001b[31mb\nc'))
  expect(lines).toHaveLength(2)
  for (const line of lines) {
    expect(line.includes('\n') || line.includes('\u001b')).toBe(false)
    expect(JSON.parse(line)).toMatchObject({ time: expect.any(String), event: expect.any(String) })
  }
})
