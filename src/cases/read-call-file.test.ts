/** Runs every call file of `test/cases/iam-calls`: explained, repaired and compared as the files expect. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { comparePolicySets, decideCall, explainCall, repairCall } from '../iam/index.ts'
import { renderExplanation } from '../terminal/index.ts'
import { type CallFile, readCallFile } from './index.ts'

const folder = new URL('../../test/cases/iam-calls/', import.meta.url)
const files = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ file, json: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, unknown> }))
const schemaFile = new URL('../../docs/schemas/iam-call.json', import.meta.url)
const schema = z.fromJSONSchema(JSON.parse(readFileSync(schemaFile, 'utf8')))

function read(json: unknown): CallFile {
  const result = readCallFile(json)
  if (!result.ok) throw new TypeError(result.error)
  return result.value
}

test('there is a file for each of the nine scenarios', () => {
  expect(files.map(({ file }) => file.replace('.json', ''))).toEqual([
    'bucket-deny',
    'external-id',
    'kms',
    'missing-acl',
    'missing-permission',
    'principal-tag',
    'request-tag',
    'requested-region',
    'source-ip',
  ])
})

describe.each(files)('$file', ({ json }) => {
  const { call, policies, ours, before, expected, texts } = read(json)

  test('fits the published schema', () => {
    expect(schema.safeParse(json).error).toBeUndefined()
  })

  test('is refused at the link and by the statement expected', () => {
    const explanation = explainCall(call, policies)
    expect(explanation.decision).toBe(expected?.decision)
    expect(explanation.link).toBe(expected?.link)
    expect(explanation.deciding).toMatchObject(expected?.statement ?? { policy: 'none is expected' })
    const shown = renderExplanation(explanation, texts)
    expect(shown).toContain(explanation.sentence)
    expect(shown).toMatch(/^ *\| +\^+$/m)
  })

  test('has the repair expected', () => {
    const [first] = repairCall(call, policies, ours)
    expect(first?.proved).toBe(true)
    expect({
      side: first?.side,
      setting: first?.change?.setting ?? null,
      policy: first?.patch?.policy ?? null,
      operations: first?.patch?.operations ?? null,
    }).toEqual(expected?.repair)
  })

  test('was allowed before, and what changed is the statement that decides', () => {
    if (before === null) throw new TypeError('the file has no earlier version')
    expect(decideCall(call, before).decision).toBe('allowed')
    const [change, ...others] = comparePolicySets(before, policies, [call])
    expect(others).toEqual([])
    expect([change?.before.decision, change?.after.decision]).toEqual(['allowed', expected?.decision])
    const [cause] = change?.through ?? []
    if (cause?.kind !== 'policy') throw new TypeError('no policy is named as the cause')
    expect(cause.change.name).toBe(expected?.statement?.policy)
    expect(cause.statements.map(({ afterIndex }) => afterIndex)).toContain(expected?.statement?.index)
  })
})

const [{ json: sample = {} } = {}] = files
const changed = (edit: (json: Record<string, Record<string, unknown>>) => void): unknown => {
  const copy = JSON.parse(JSON.stringify(sample)) as Record<string, Record<string, unknown>>
  edit(copy)
  return copy
}

describe('a file that is not as it should be is refused in one line, and by the schema', () => {
  test.each<[string, unknown, string]>([
    ['no object', 'text', 'the call file must be an object'],
    ['no name', changed((json) => delete json['name']), 'name must be a string that is not empty'],
    ['an unknown member', changed((json) => Object.assign(json, { polices: {} })), 'unknown member `polices`'],
    [
      'an unknown operation',
      changed((json) => Object.assign(json['call'] ?? {}, { operation: 's3:Fly' })),
      'call/operation must be one of',
    ],
    [
      'a member of another call',
      changed((json) => Object.assign(json['call'] ?? {}, { externalId: 'x' })),
      'call has an unknown member `externalId`',
    ],
    ['a missing bucket', changed((json) => delete json['call']?.['bucket']), 'call/bucket must be a string'],
    [
      'an unknown policy',
      changed((json) => Object.assign(json['policies'] ?? {}, { vpc: null })),
      'policies has an unknown member `vpc`',
    ],
    [
      'tags that are no texts',
      changed((json) => Object.assign(json['call'] ?? {}, { tags: { Team: 1 } })),
      'call/tags/Team must be a string',
    ],
    [
      'a KMS key without its ARN',
      changed((json) => Object.assign(json['call'] ?? {}, { encryption: { kind: 'sse-kms' } })),
      'call/encryption/keyArn must be a string',
    ],
    [
      'levels that are no lists',
      changed((json) => Object.assign(json['policies'] ?? {}, { scp: [{}] })),
      'policies/scp/0 must be a list',
    ],
  ])('%s', (_, json, message) => {
    const result = readCallFile(json)
    if (result.ok) throw new TypeError('the file was taken')
    expect(result.error).toContain(message)
    expect(result.error).not.toContain('\n')
    expect(schema.safeParse(json).success).toBe(false)
  })

  test('a policy that is none, with its place', () => {
    const result = readCallFile(changed((json) => Object.assign(json['policies'] ?? {}, { trust: '{ "Version": ' })))
    expect(result).toMatchObject({ ok: false, error: expect.stringMatching(/policy trust: .*line 1, column/) })
  })
})

test('policies may be texts, and are underlined as they were written', () => {
  const text = [
    '{ "Version": "2012-10-17",',
    '  "Statement": { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" } }',
  ].join('\n')
  const { call, policies, texts } = read(changed((json) => Object.assign(json['policies'] ?? {}, { bucket: text })))
  expect(texts['bucket']).toBe(text)
  const explanation = explainCall(call, policies)
  expect(explanation.deciding?.pointer).toBe('/Statement')
  const underlined = `2 |   "Statement": { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" } }\n  |                ^^^^`
  expect(renderExplanation(explanation, texts)).toContain(underlined)
})

test('what is not said of ours is taken narrowly', () => {
  const { ours, otherCalls, before, expected } = read({
    name: 'short',
    call: sample['call'],
    policies: {},
  })
  expect(ours).toEqual({
    egress: 'dynamic',
    observedAddress: null,
    availableTags: {},
    bucketRegion: 'eu-central-1',
    objectOwnership: null,
  })
  expect({ otherCalls, before, expected }).toEqual({ otherCalls: [], before: null, expected: null })
})
