/**
 * What a server shows of itself, to real receivers: Prometheus text, spans over OTLP/HTTP, events of a delivery, and a log;
 * and that nothing secret stands in any of them.
 */
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ended, type Ran, runCli, said, startCli } from '../src/cli/testing/run-cli.ts'
import { delivery } from '../src/contract/index.ts'

let directory: string
let receiver: Server
let output: Ran
let server: { url: string; token: string }
let stop: () => Promise<void>
const posted: { path: string; headers: string; body: string }[] = []
const canary = 'canary-4f9c2a7be1d0'
const metricsToken = `metrics-token-${canary}`
let metricsUrl = ''

const run = (...words: string[]): Promise<Ran> => runCli(words, { directory })
const get = (path: string, token = server.token, base = server.url): Promise<Response> =>
  fetch(`${base}${path}`, { headers: { authorization: `Bearer ${token}` } })

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-seen-'))
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const headers = JSON.stringify(request.headers)
    posted.push({ path: request.url ?? '', headers, body: Buffer.concat(chunks).toString('utf8') })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const { port } = receiver.address() as AddressInfo
  await mkdir(join(directory, 'shelf'))
  await writeFile(join(directory, 'metrics-token'), metricsToken)
  const free = createServer()
  free.listen(0, '127.0.0.1')
  await once(free, 'listening')
  const metricsPort = (free.address() as AddressInfo).port
  free.close()
  metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`
  const config = { metrics: { tokenFile: join(directory, 'metrics-token'), listen: { port: metricsPort } } }
  await writeFile(join(directory, 'config.json'), JSON.stringify(config))
  await run('connection', 'add', 'shelf', '--purpose', 'export', '--folder', join(directory, 'shelf'))
  await run('route', 'add', 'audit', 'shelf')
  const child = startCli(['serve', '--port', '0', '--json', '--config', 'config.json'], {
    directory,
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_HEADERS: `x-receiver-key=${canary}`,
    },
  })
  const end = ended(child)
  await said(child, /"listening"/)
  server = JSON.parse(await readFile(join(directory, 'data', 'server.json'), 'utf8'))
  stop = async () => {
    child.kill('SIGTERM')
    output = await end
  }
}, 60_000)

afterAll(async () => {
  receiver.close()
  await rm(directory, { recursive: true, force: true })
})

it('a delivery is followed as server-sent events to its end', async () => {
  await writeFile(join(directory, `${canary}-report.bin`), Buffer.alloc(3_000_000, 3))
  const sent = await run('deliver', `${canary}-report.bin`, '--route', 'audit', '--json')
  const { id } = delivery.parse(JSON.parse(sent.stdout))
  const response = await get(`/api/v1/deliveries/${id}/events`)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const events = [...(await response.text()).matchAll(/^data: (\{.*\})$/gm)].map(([, json = '']) => JSON.parse(json))
  expect(events.at(-1)).toMatchObject({ type: 'delivery', delivery: { id, state: 'delivered' } })
  const followed = await run('delivery', 'follow', id)
  expect([followed.code, followed.stdout]).toEqual([0, expect.stringContaining('● shelf  delivered')])
  expect(await (await get('/api/v1/deliveries/dlv_none/events')).text()).toContain('"code":"not-found"')
})

it('metrics count it, for whoever may look and for the bearer of their token alone', async () => {
  const answers = await Promise.all([
    get('/metrics', 'nobody-in-particular'),
    get('/metrics'),
    get('/metrics', metricsToken),
  ])
  expect(answers.map(({ status }) => status)).toEqual([401, 200, 200])
  expect((await get('/api/v1/connections', metricsToken)).status).toBe(401)
  const text = (await answers[2]?.text()) ?? ''
  expect(text).toMatch(/^drawbridge_sent_bytes_total\{connection="shelf"\} 30\d{5}$/m)
  expect(text).toMatch(/^drawbridge_target_states_total\{connection="shelf",state="delivered"\} 1$/m)
  expect(text).toMatch(/^drawbridge_delivery_passes_total\{state="delivered"\} 1$/m)
  expect(text).toMatch(/^drawbridge_owed_deliveries\{connection="shelf"\} 0$/m)
  expect(text).toMatch(/^drawbridge_target_down\{connection="shelf"\} 0$/m)
  expect(text).toMatch(/^drawbridge_http_request_seconds_count\{method="POST",status="200"\} \d+$/m)
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
  expect(text).not.toContain(canary)
  const own = await fetch(metricsUrl)
  expect([own.status, await own.text()]).toEqual([200, expect.stringContaining('drawbridge_info{version=')])
  expect((await fetch(metricsUrl.replace('/metrics', '/api/v1/connections'))).status).toBe(404)
})

it('spans arrive at a receiver of OTLP, the attempt within its pass, without what a report is called', async () => {
  await stop()
  expect(output.code).toBe(0)
  expect(posted.length).toBeGreaterThan(0)
  expect(new Set(posted.map(({ path }) => path))).toEqual(new Set(['/v1/traces']))
  expect(posted[0]?.headers).toContain(canary)
  const spans = posted.flatMap(({ body }) => spansOf(JSON.parse(body)))
  const named = (name: string) => spans.filter((span) => span.name === name)
  const [attempt] = named('delivery.attempt')
  const pass = named('delivery.pass').find((span) => span.spanId === attempt?.parentSpanId)
  expect([pass?.traceId, named('operation delivery.create')]).toEqual([attempt?.traceId, [expect.anything()]])
  const facts = Object.fromEntries((attempt?.attributes ?? []).map(({ key, value }) => [key, value]))
  expect(facts).toMatchObject({
    'drawbridge.connection': { stringValue: 'shelf' },
    'drawbridge.outcome': { stringValue: 'delivered' },
    'drawbridge.attempt': { intValue: 1 },
  })
  expect(posted[0]?.body).toContain('"drawbridge"')
  for (const { body } of posted) expect(body).not.toContain(canary)
})

it('the log is one object a line, and neither token nor secret stands in any output', async () => {
  const lines = output.stderr.trim().split('\n')
  const events = lines.map((line) => JSON.parse(line))
  expect(events.every(({ level, time }) => level === 'info' && !Number.isNaN(Date.parse(time)))).toBe(true)
  expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['request', 'target', 'delivery']))
  const said = output.stdout + output.stderr
  for (const secret of [canary, server.token]) expect(said).not.toContain(secret)
})

interface OtlpSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: { readonly key: string; readonly value: Record<string, unknown> }[]
}

function spansOf(body: { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] }): OtlpSpan[] {
  return body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
}
