/** The log: places, checkpoints and proofs, and what it refuses to sign. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../base/index.ts'
import { signCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { EvidenceLog } from './evidence-log.ts'
import { parseEntry } from './log-entry.ts'
import type { IntegratedEntry } from './log-store.ts'
import { verifyLog } from './log-verification.ts'
import { verifyInclusion } from './merkle-proof.ts'
import { leafHash } from './merkle-tree.ts'
import { MemoryLogStore } from './testing/memory-log-store.ts'
import { logClock, logOf, sampleKey, sampleOrigin } from './testing/sample-package.ts'
import { parseTlogProof } from './tlog-proof.ts'

const [key, newKey] = [sampleKey(1), sampleKey(2)]

async function grownLog(count: number): Promise<{ store: MemoryLogStore; log: EvidenceLog; ids: number[] }> {
  const store = new MemoryLogStore()
  const ids = Array.from({ length: count }, () => store.add('acme'))
  const log = logOf(store, key)
  await log.integrate('acme')
  return { store, log, ids }
}

describe('the evidence log', () => {
  test('places entries in order, once, in batches, as canonical JSON that chains', async () => {
    const { store, log } = await grownLog(600)
    expect(await log.integrate('acme')).toBe(0)
    const entries = store.of('acme').placed.map(({ json }) => parseEntry(json))
    expect(entries.map((entry) => entry.ok && entry.value.seq)).toEqual(Array.from({ length: 600 }, (_, seq) => seq))
    expect(store.of('acme').placed[0]?.json).toBe(
      '{"action":"test.happened","actor":"operator:local","fields":{},"seq":0,"subject":"subject-1","tenant":"acme","time":"2026-01-01T00:00:01.000Z"}',
    )
    const checkpoint = await log.checkpoint('acme')
    const jsons = await store.entries('acme', 0, 600)
    expect(await verifyLog(jsons, checkpoint.note, [key.publicKey])).toEqual({
      ok: true,
      detail: '600 entries, as signed',
      entries: 600,
    })
  })

  test('keeps tenants apart: own places, own origin', async () => {
    const store = new MemoryLogStore()
    const log = logOf(store, key)
    store.add('acme')
    const id = store.add('beta & co')
    const proof = await log.proofOf('beta & co', id)
    expect(proof.seq).toBe(0)
    expect(proof.checkpoint.origin).toBe(`${sampleOrigin}/beta%20%26%20co`)
    await expect(log.proofOf('acme', id)).rejects.toMatchObject({ code: 'not-found' })
  })

  test.each([
    ['in one process', (log: EvidenceLog) => log],
    ['of another process', (_: EvidenceLog, store: MemoryLogStore) => logOf(store, key)],
  ])('goes on from where a faster sequencer %s stopped', async (_, sequencer) => {
    const store = new MemoryLogStore()
    for (let index = 0; index < 1000; index++) store.add('acme')
    const log = logOf(store, key)
    const placed = await Promise.all([1, 2, 3, 4].map(() => sequencer(log, store).integrate('acme')))
    expect(placed.reduce((sum, count) => sum + count)).toBe(1000)
    const checkpoint = await logOf(store, key).checkpoint('acme')
    const verdict = await verifyLog(await store.entries('acme', 0, 1000), checkpoint.note, [key.publicKey])
    expect(verdict.ok).toBe(true)
  })

  test('gives up, for later, when it is never the fastest', async () => {
    class Contended extends MemoryLogStore {
      override async integrate(_tenant: string, _size: number, _entries: readonly IntegratedEntry[]): Promise<boolean> {
        return false
      }
    }
    const store = new Contended()
    store.add('acme')
    const log = logOf(store, key)
    const before = logClock.now()
    await expect(log.integrate('acme')).rejects.toMatchObject({ code: 'write-conflict', retry: 'later' })
    expect(logClock.now().getTime()).toBeGreaterThan(before.getTime())
    await expect(log.integrate('acme')).rejects.toMatchObject({ code: 'write-conflict' })
  })

  test('is not held up by fields without a canonical form: it keeps them as text', async () => {
    const store = new MemoryLogStore()
    store.add('acme', { fields: { ratio: 0.5 }, subject: 'half\ud800' })
    store.add('acme')
    expect(await logOf(store, key).integrate('acme')).toBe(2)
    const entry = parseEntry(store.of('acme').placed[0]?.json ?? '')
    expect(entry.ok && entry.value).toMatchObject({
      subject: 'half\ufffd',
      fields: { unrepresentable: '{"ratio":0.5}' },
    })
  })

  test('proves every entry of a growing log under the checkpoint of the moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }), async (steps) => {
        const store = new MemoryLogStore()
        const log = logOf(store, key)
        for (const step of steps) {
          const ids = Array.from({ length: step }, () => store.add('acme'))
          for (const id of ids) {
            const { seq, entryJson, checkpoint, proof, tlogProof } = await log.proofOf('acme', id)
            const { treeSize, rootHash, note, origin } = checkpoint
            expect(verifyInclusion(leafHash(entryJson), seq, treeSize, proof, rootHash)).toBe(true)
            expect(verifyCheckpoint(note, [key.publicKey], origin).ok).toBe(true)
            expect(parseTlogProof(tlogProof)).toEqual({
              ok: true,
              value: { index: seq, hashes: proof, checkpoint: note },
            })
          }
        }
      }),
      { numRuns: 25 },
    )
  })

  test('signs once for a tree, and again when it has grown or the key was rotated', async () => {
    const { store, log } = await grownLog(3)
    const first = await log.checkpoint('acme')
    expect(await log.checkpoint('acme')).toEqual(first)
    expect(store.of('acme').checkpoints).toHaveLength(1)
    store.add('acme')
    await log.integrate('acme')
    expect((await log.checkpoint('acme')).treeSize).toBe(4)
    const rotated = await logOf(store, newKey, [key]).checkpoint('acme')
    expect(verifyCheckpoint(rotated.note, [newKey.publicKey]).ok).toBe(true)
    expect(store.of('acme').checkpoints).toHaveLength(3)
  })

  test('proves under the present key after a rotation', async () => {
    const { store, log, ids } = await grownLog(3)
    await log.checkpoint('acme')
    const proof = await logOf(store, newKey, [key]).proofOf('acme', ids[0] ?? 0)
    expect(verifyCheckpoint(proof.checkpoint.note, [newKey.publicKey]).ok).toBe(true)
  })

  test('signs the empty tree', async () => {
    const checkpoint = await logOf(new MemoryLogStore(), key).checkpoint('acme')
    expect(Buffer.from(checkpoint.rootHash).toString('hex')).toMatch(/^e3b0c442/u)
  })

  test('is not made with a public key or an unusable origin', () => {
    const clock = new ManualClock(new Date(0))
    const store = new MemoryLogStore()
    const make = (signer: typeof key.privateKey, origin: string) => () =>
      new EvidenceLog({ store, signer, origin, clock })
    expect(make(key.publicKey, sampleOrigin)).toThrow(TypeError)
    expect(make(key.privateKey, 'two words')).toThrow(TypeError)
  })
})

describe('a log that contradicts what was signed', () => {
  test('is not signed when it is smaller: a database restored from an older backup', async () => {
    const { store, log } = await grownLog(10)
    const { note } = await log.checkpoint('acme')
    const restored = await grownLog(7)
    await restored.store.saveCheckpoint('acme', 10, note)
    await expect(restored.log.checkpoint('acme')).rejects.toMatchObject({ code: 'evidence-forked' })
    expect(restored.store.of('acme').checkpoints).toHaveLength(1)
    expect(store.of('acme').checkpoints).toHaveLength(1)
  })

  test('is not signed when it has another history of the same or a greater size', async () => {
    const { log } = await grownLog(10)
    const { note } = await log.checkpoint('acme')
    for (const size of [10, 11, 16, 40]) {
      const store = new MemoryLogStore()
      for (let index = 0; index < size; index++) store.add('acme', { action: 'another.history' })
      const other = logOf(store, key)
      await other.integrate('acme')
      await store.saveCheckpoint('acme', 10, note)
      await expect(other.checkpoint('acme')).rejects.toMatchObject({ code: 'evidence-forked' })
    }
  })

  test('is told by a checkpoint that somebody else kept', async () => {
    const { store, log } = await grownLog(10)
    const { note } = await log.checkpoint('acme')
    await expect(log.assertContinues('acme', note)).resolves.toBeUndefined()
    store.add('acme')
    await log.integrate('acme')
    await expect(log.assertContinues('acme', note)).resolves.toBeUndefined()
    const restored = await grownLog(9)
    await expect(restored.log.assertContinues('acme', note)).rejects.toMatchObject({ code: 'evidence-forked' })
  })

  test('signs nothing when an older database takes the place of its own while it runs', async () => {
    const { store, log } = await grownLog(12)
    await log.checkpoint('acme')
    const stale = (await grownLog(9)).store
    store.tenants.set('acme', stale.of('acme'))
    store.of('acme').checkpoints.splice(0)
    await expect(log.checkpoint('acme')).rejects.toMatchObject({ code: 'evidence-forked' })
  })

  test('signs nothing when an older database takes its place and others alone knew what was signed', async () => {
    const { store, log } = await grownLog(12)
    const { note } = await log.checkpoint('acme')
    const stale = await grownLog(9)
    const witnessed = Object.assign(stale.store, { witnessed: async () => [note] })
    const options = { signer: key.privateKey, origin: 'drawbridge.example', clock: logClock }
    const other = new EvidenceLog({ ...options, store: witnessed })
    await expect(other.checkpoint('acme')).rejects.toMatchObject({ code: 'evidence-forked' })
    expect(witnessed.of('acme').checkpoints).toEqual([])
    // Grown beyond the size that was signed it is another tree all the same.
    for (let entry = 0; entry < 5; entry++) witnessed.add('acme', { subject: 'dlv_other' })
    await other.integrate('acme')
    await expect(other.checkpoint('acme')).rejects.toMatchObject({ code: 'evidence-forked' })
    // The newest database goes on, and the other one once its log began anew.
    Object.assign(store, { witnessed: async () => [note] })
    store.add('acme')
    await expect(log.proofOf('acme', 13)).resolves.toMatchObject({ seq: 12 })
    await other.beginAnew('acme', 2)
    witnessed.add('acme')
    await expect(other.proofOf('acme', 15)).resolves.toMatchObject({ seq: 14 })
  })

  test('goes on with the new key when another process rotated it', async () => {
    const { store, log } = await grownLog(5)
    await log.checkpoint('acme')
    const reloads: number[] = []
    const keys = { signer: newKey.privateKey, formerKeys: [key.publicKey] }
    const options = { store, signer: key.privateKey, origin: 'drawbridge.example', clock: logClock }
    const reloadKeys = async () => {
      reloads.push(1)
      return keys
    }
    const other = new EvidenceLog({ ...options, reloadKeys })
    store.add('acme')
    await new EvidenceLog({ ...options, ...keys }).proofOf('acme', 6)
    store.add('acme')
    await other.integrate('acme')
    const { note } = await other.checkpoint('acme')
    expect(verifyCheckpoint(note, [newKey.publicKey]).ok).toBe(true)
    expect(verifyCheckpoint(note, [key.publicKey]).ok).toBe(false)
    expect(other.signer).toBe(newKey.privateKey)
    expect(reloads).toHaveLength(1)
  })

  test('begins anew under an origin of its own, and leaves the former one alone', async () => {
    const { store, log } = await grownLog(9)
    const former = (await log.checkpoint('acme')).note
    store.add('acme')
    const begun = await log.beginAnew('acme', 2)
    expect(begun).toMatchObject({ origin: 'drawbridge.example/acme/2', treeSize: 10 })
    expect(await log.originOf('acme')).toBe('drawbridge.example/acme/2')
    await expect(log.assertContinues('acme', former)).resolves.toBeUndefined()
    store.add('acme')
    await log.integrate('acme')
    expect((await logOf(store, key).checkpoint('acme')).origin).toBe('drawbridge.example/acme/2')
    await expect(log.assertContinues('acme', begun.note)).resolves.toBeUndefined()
    // Whoever comes with the database of before the new beginning sees a checkpoint that it never signed.
    const older = await grownLog(9)
    await expect(older.log.assertContinues('acme', begun.note)).rejects.toMatchObject({ code: 'evidence-forked' })
  })

  test('does not continue from a checkpoint of another key or another log', async () => {
    const { store, log } = await grownLog(3)
    const head = { origin: await log.originOf('acme'), treeSize: 3, rootHash: (await log.checkpoint('acme')).rootHash }
    const foreign = [
      signCheckpoint(head, newKey.privateKey),
      signCheckpoint({ ...head, origin: await log.originOf('beta') }, key.privateKey),
      'not a checkpoint',
    ]
    for (const note of foreign) {
      await expect(log.assertContinues('acme', note)).rejects.toMatchObject({ code: 'evidence-forked' })
    }
    await store.saveCheckpoint('acme', 3, foreign[0] ?? '')
    await expect(log.checkpoint('acme')).rejects.toMatchObject({ code: 'evidence-forked' })
  })

  test('proves nothing when an entry was changed or is gone', async () => {
    const { store, log, ids } = await grownLog(5)
    await log.checkpoint('acme')
    const placed = store.of('acme').placed
    const [first] = placed
    if (first !== undefined) placed[0] = { ...first, json: first.json.replace('happened', 'denied') }
    await expect(log.proofOf('acme', ids[0] ?? 0)).rejects.toMatchObject({ code: 'evidence-forked' })
    await expect(log.proofOf('acme', ids[1] ?? 0)).resolves.toMatchObject({ seq: 1 })
  })

  test('says which stored hash it lacks instead of placing an entry without its chain', async () => {
    const { store, log } = await grownLog(4)
    store.of('acme').hashes.length = 0
    store.add('acme')
    await expect(log.integrate('acme')).rejects.toMatchObject({ code: 'data-directory-broken' })
  })
})

describe('an exported log', () => {
  const exported = async (): Promise<{ entries: string[]; note: string }> => {
    const { store, log } = await grownLog(20)
    const { note } = await log.checkpoint('acme')
    return { entries: await store.entries('acme', 0, 20), note }
  }

  test.each<[string, (entries: string[]) => void, number]>([
    ['an entry was changed', (entries) => entries.splice(7, 1, (entries[7] ?? '').replace('operator', 'person')), 8],
    ['an entry is gone', (entries) => entries.splice(7, 1), 7],
    ['two entries changed places', (entries) => entries.splice(7, 2, entries[8] ?? '', entries[7] ?? ''), 7],
    ['an entry was added in the middle', (entries) => entries.splice(7, 0, entries[6] ?? ''), 7],
    ['the end is cut off', (entries) => entries.splice(15), 15],
    ['an entry is not canonical', (entries) => entries.splice(7, 1, ` ${entries[7]}`), 7],
  ])('names the first bad entry when %s', async (_, spoil, firstBad) => {
    const { entries, note } = await exported()
    spoil(entries)
    expect(await verifyLog(entries, note, [key.publicKey])).toMatchObject({ ok: false, firstBad })
  })

  test('is refused when the last entry was changed, and under another key', async () => {
    const { entries, note } = await exported()
    expect(await verifyLog(entries, note, [newKey.publicKey])).toMatchObject({ ok: false })
    entries.push((entries.pop() ?? '').replace('operator', 'person'))
    expect(await verifyLog(entries, note, [key.publicKey])).toMatchObject({ ok: false })
  })

  test('may be longer than its checkpoint', async () => {
    const { entries, note } = await exported()
    expect(await verifyLog([...entries, 'whatever came later'], note, [key.publicKey])).toMatchObject({ ok: true })
  })
})
