/**
 * Faults of the network between a delivery and its bucket, made by a proxy on real connections. Whatever the network does:
 * one object, byte for byte, one receipt, no upload left open.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Delivery } from '../../src/contract/index.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { accessOf, arrivedOnce, bucketOf, type FaultTarget, makeBucket, withFaultHouse } from './house.ts'
import { type FaultProxy, type ProxyFault, type ProxyRule, startFaultProxy } from './proxy.ts'

let sandbox: Sandbox
let proxy: FaultProxy
let single: FaultTarget
let parts: FaultTarget

beforeAll(async () => {
  sandbox = await startSandbox()
  proxy = await startFaultProxy(sandbox.endpoint)
  single = { ...(await makeBucket(sandbox, 'network-single', false)), idleMs: 1_500 }
  parts = { ...(await makeBucket(sandbox, 'network-parts', true)), idleMs: 1_500 }
})
afterEach(() => proxy.setRules([]))
afterAll(async () => {
  await proxy.close()
  await sandbox.close()
})

const mebibyte = 1 << 20
const put = /^PUT \S*\/exports\/(?!\S*receipt)/u
const part = /^PUT \S*partNumber=2/u
const complete = /^POST \S*uploadId=/u

const on = (line: RegExp, fault: ProxyFault, times = 1): ProxyRule[] => [{ line, fault, times }]

type Target = Partial<Delivery['targets'][number]>

const inOneRequest: [string, ProxyRule[], Target][] = [
  ['a connection that is reset in the middle', on(put, { kind: 'reset', afterBytes: 1 * mebibyte }), {}],
  ['two connections in a row that are reset', on(put, { kind: 'reset', afterBytes: 100_000 }, 2), {}],
  [
    'an answer that is dropped after the request arrived',
    on(put, { kind: 'drop-answer' }),
    { verificationLevel: 'occupied' },
  ],
  [
    'an answer that breaks off in its head',
    on(put, { kind: 'truncate-answer', afterBytes: 20 }),
    { verificationLevel: 'occupied' },
  ],
  ['silence in the middle of the body', on(put, { kind: 'stall', afterBytes: 1 * mebibyte }), {}],
  ['a line of 1 MiB a second', on(put, { kind: 'slow', bytesPerSecond: mebibyte }), { attempts: 1 }],
  ['a request that comes in pieces of 4 KiB', on(put, { kind: 'slice', pieceBytes: 4096 }), { attempts: 1 }],
  [
    'a bit that flips on the way',
    on(put, { kind: 'flip', atBodyByte: 1_234_567 }),
    { verificationLevel: 'server-checksum' },
  ],
  [
    'an answer with the ETag of other bytes',
    on(put, { kind: 'rewrite-answer', from: /etag: "[0-9a-f]+"/iu, to: 'ETag: "00000000000000000000000000000000"' }),
    {},
  ],
]

test.each(inOneRequest)('in one request: %s', async (report, rules, expected) => {
  await delivers(single, report, 3 * mebibyte, rules, expected)
})

const inParts: [string, ProxyRule[], Target][] = [
  [
    'a part whose connection is reset',
    on(part, { kind: 'reset', afterBytes: 2 * mebibyte }),
    { verificationLevel: 'server-checksum' },
  ],
  [
    'a part that falls silent',
    on(part, { kind: 'stall', afterBytes: 2 * mebibyte }),
    { verificationLevel: 'server-checksum' },
  ],
  ['a part whose answer is dropped', on(part, { kind: 'drop-answer' }), { verificationLevel: 'server-checksum' }],
  [
    'a part in which a bit flips',
    on(part, { kind: 'flip', atBodyByte: 3_000_000 }),
    { verificationLevel: 'server-checksum' },
  ],
  ['a Complete whose answer is dropped', on(complete, { kind: 'drop-answer' }), {}],
  ['a Complete whose answer breaks off', on(complete, { kind: 'truncate-answer', afterBytes: 60 }), {}],
  ['a Complete that falls silent', on(complete, { kind: 'stall', afterBytes: 10 }), {}],
]

test.each(inParts)('in parts: %s', async (report, rules, expected) => {
  await delivers(parts, report, 20 * mebibyte, rules, expected)
})

test('a network that is down for two passes: the delivery waits, and arrives once when it is back', async () => {
  const target = { ...single, endpoint: proxy.endpoint }
  proxy.setRules([{ line: /./u, times: 1000, fault: { kind: 'reset', afterBytes: 0 } }])
  await withFaultHouse(accessOf(target), async ({ accept, worker, state, service, settle }) => {
    const id = await accept('down', 100_000)
    for (let pass = 0; pass < 2; pass++) {
      await worker.runOnce()
      await state.deliveries.makeDue('default', id, ['acme'], [])
    }
    expect((await service.show('default', id)).state).toBe('accepted')
    proxy.setRules([])
    const delivery = await settle(id)
    expect(delivery).toMatchObject({ state: 'delivered', targets: [{ hasReceipt: true }] })
    expect(await bucketOf(single, delivery)).toEqual(arrivedOnce(delivery, 'down', 100_000))
  })
})

async function delivers(
  target: FaultTarget,
  report: string,
  sizeBytes: number,
  rules: readonly ProxyRule[],
  expected: Target,
): Promise<void> {
  await withFaultHouse(accessOf({ ...target, endpoint: proxy.endpoint }), async ({ accept, settle }) => {
    const id = await accept(report, sizeBytes)
    proxy.setRules(rules)
    const delivery = await settle(id)
    expect(proxy.hits).toBe(rules[0]?.times ?? 1)
    expect(delivery).toMatchObject({ state: 'delivered', targets: [{ hasReceipt: true, ...expected }] })
    expect(await bucketOf(target, delivery)).toEqual(arrivedOnce(delivery, report, sizeBytes))
  })
}
