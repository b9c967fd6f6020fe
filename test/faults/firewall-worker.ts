/**
 * Runs inside a network of its own (`unshare --net`): a sandbox, a delivery to it, and a packet filter that drops or
 * rejects what goes there in the middle of the upload, for a while. Says as JSON what became of it.
 */
import { execFileSync } from 'node:child_process'
import { startSandbox } from '../../src/sandbox/index.ts'
import { accessOf, arrivedOnce, bucketOf, makeBucket, storeOf, tenant, withFaultHouse } from './house.ts'
import { startFaultProxy } from './proxy.ts'

const sizeBytes = 20 * (1 << 20)
const { verdict }: { verdict: 'drop' | 'reject with tcp reset' } = JSON.parse(process.argv[2] ?? '')
const nft = (...words: string[]): unknown => execFileSync('/usr/sbin/nft', words, { stdio: 'pipe' })

execFileSync('/usr/sbin/ip', ['link', 'set', 'lo', 'up'])
nft('add', 'table', 'inet', 'faults')
nft('add', 'chain', 'inet', 'faults', 'output', '{ type filter hook output priority 0; }')
const sandbox = await startSandbox()
const proxy = await startFaultProxy(sandbox.endpoint)
proxy.setRules([{ line: /partNumber=/u, times: 100, fault: { kind: 'slow', bytesPerSecond: 8_000_000 } }])
const target = { ...(await makeBucket(sandbox, 'firewall', true)), idleMs: 1_500 }
const { port } = new URL(proxy.endpoint)
await withFaultHouse(accessOf({ ...target, endpoint: proxy.endpoint }), async ({ accept, worker, service, settle }) => {
  const id = await accept('firewall', sizeBytes)
  const store = storeOf(target)
  const pass = worker.runOnce()
  while ((await store.listUploads('')).length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  store.close()
  nft('add', 'rule', 'inet', 'faults', 'output', 'tcp', 'dport', port, ...verdict.split(' '))
  await pass
  const during = await service.show(tenant, id)
  nft('flush', 'chain', 'inet', 'faults', 'output')
  proxy.setRules([])
  const delivery = await settle(id)
  const bucket = await bucketOf(target, delivery)
  const isWhole = JSON.stringify(bucket) === JSON.stringify(arrivedOnce(delivery, 'firewall', sizeBytes))
  process.stdout.write(`${JSON.stringify({ during: during.state, after: delivery.state, isWhole })}\n`)
})
await proxy.close()
await sandbox.close()
