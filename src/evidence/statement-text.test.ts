/** The statement that is written in one pass, and the entry that is known by its letters, against the slow ways of both. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from './canonical-json.ts'
import { entryJson } from './log-entry.ts'
import type { ReceiptFacts, ReceiptParts } from './receipt-facts.ts'
import { deliveredEntry } from './receipt-statement.ts'
import { factsText, isEntryToTheLetter, statementText } from './statement-text.ts'
import { sampleFacts } from './testing/sample-package.ts'

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('"', '\\', '\u2028', '\u0000', '—'))
const size = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const optional = { noNullPrototype: true }

const object = fc.record(
  {
    ...{ path: text, key: text, sizeBytes: size, sha256: text },
    ...{
      etag: text,
      versionId: text,
      requestId: text,
      checksum: fc.record({ algorithm: text, base64: text }, optional),
    },
  },
  { ...optional, requiredKeys: ['path', 'key', 'sizeBytes', 'sha256'] },
)
const target = fc.record(
  { service: text, location: text, bucketOwner: text, principal: text },
  { ...optional, requiredKeys: ['service', 'location'] },
)
const facts: fc.Arbitrary<ReceiptFacts> = fc.record(
  {
    ...{ delivery: text, report: text, period: text, acceptedAt: text, deliveredAt: text, actor: text, target },
    ...{ objects: fc.array(object, { maxLength: 3 }), verificationLevel: fc.constantFrom('read-back', 'sent-only') },
    failoverReason: text,
  },
  {
    ...optional,
    requiredKeys: [
      ...(['delivery', 'report', 'period', 'acceptedAt', 'deliveredAt', 'actor', 'target'] as const),
      ...(['objects', 'verificationLevel'] as const),
    ],
  },
)
const parts: fc.Arbitrary<ReceiptParts> = fc.record(
  {
    facts,
    tags: fc.array(fc.record({ path: text, sha256: text }, optional), { maxLength: 3 }),
    log: fc.record({ origin: text, seq: size, treeSize: size, rootHash: text }, optional),
  },
  optional,
)

/** The statement as an object, put into its one order by the writer of canonical JSON. */
function slowly({ facts: said, tags, log }: ReceiptParts): string {
  const { fields } = deliveredEntry(said)
  const base = said.target.location.replace(/\/$/, '')
  const name = (key: string): string =>
    /^https?:\/\//.test(base) ? `${base}/${key.split('/').map(encodeURIComponent).join('/')}` : `${base}/${key}`
  return canonicalJson({
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://drawbridge.dev/receipt/v1',
    predicate: { ...fields, delivery: said.delivery, actor: said.actor, tags, log },
    subject: said.objects.map(({ key, sha256 }) => ({ name: name(key), digest: { sha256 } })),
  })
}

describe('a statement', () => {
  test('is the canonical JSON of its members', () => {
    fc.assert(
      fc.property(parts, (given) => {
        expect(statementText(given, factsText(given.facts))).toBe(slowly(given))
      }),
      { numRuns: 500 },
    )
  })

  test('has no text when a fact has no canonical form', () => {
    expect(() => factsText({ ...sampleFacts([]), report: '\ud800' })).toThrow(TypeError)
    const [path, key, sha256] = ['a.csv', 'a.csv', 'a'.repeat(64)]
    expect(() => factsText(sampleFacts([{ path, key, sizeBytes: 0.5, sha256 }]))).toThrow(TypeError)
  })
})

describe('an entry', () => {
  const prev = '0'.repeat(64)
  const said = sampleFacts([{ path: 'a.csv', key: 'audit/a.csv', sizeBytes: 1, sha256: 'a'.repeat(64) }])
  const of = (from: ReceiptFacts, tenant = 'acme', time = '2026-01-01T00:00:00.000Z', seq = 7): string =>
    entryJson(tenant, seq, { outboxId: 1, time, ...deliveredEntry(from) }, prev)

  test('that says everything is known by its letters', () => {
    expect(isEntryToTheLetter(of(said), factsText(said))).toBe(true)
    fc.assert(
      fc.property(facts, (given) => {
        const isPlain = /^[!#-[\]-~]*$/.test(given.delivery)
        expect(isEntryToTheLetter(of(given), factsText(given))).toBe(isPlain)
      }),
    )
  })

  test.each([
    ['another delivery', of({ ...said, delivery: 'dlv_2' })],
    ['another actor', of({ ...said, actor: 'operator:local' })],
    ['another period', of({ ...said, period: '2026-11' })],
    ['another object', of(sampleFacts([{ path: 'a.csv', key: 'audit/a.csv', sizeBytes: 2, sha256: 'a'.repeat(64) }]))],
    ['less', of(said).replace(',"period":"2026-10"', '')],
    ['another action', of(said).replace('delivery.delivered', 'delivery.accepted')],
    ['something behind its end', `${of(said)} `],
    ['a tenant that ends it before', of(said, '"}')],
    ['another member', of(said).replace(',"tenant"', ',"t":1,"tenant"')],
    ['a place that is none', of(said).replace('"seq":7', '"seq":07')],
    ['nothing before it', of(said).replace(`"prev":"${prev}",`, '')],
  ])('is not known by its letters when it says %s', (_, entry) => {
    expect(isEntryToTheLetter(entry, factsText(said))).toBe(false)
  })
})
