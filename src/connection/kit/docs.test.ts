/** docs/kit.md lists exactly the files and the letters that kits have. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { ConnectionInput } from '../../contract/index.ts'
import { customerAccount, exportInput, makeConnection, makeContext, makeTokens } from '../testing/surroundings.ts'
import { sasLettersOf } from './azure.ts'
import { buildKit } from './build-kit.ts'

const page = readFileSync(new URL('../../../docs/kit.md', import.meta.url), 'utf8')
const keyArn = `arn:aws:kms:eu-central-1:${customerAccount}:key/1234abcd-12ab`
const origin = 'https://acme0audit.blob.core.windows.net'
const writing = { encryption: { kind: 'sse-kms', keyArn } } as const

const inputs: readonly Partial<ConnectionInput>[] = [
  { writing },
  {
    writing,
    authentication: { kind: 'access-key', accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 's'.repeat(40) },
  },
  {
    location: { service: 'azblob', containerUrl: `${origin}/exports`, rootPath: '' },
    authentication: { kind: 'sas', token: 'sv=2024-11-04&sr=c&spr=https&sp=cw&se=2027-01-15&sig=c2ln' },
  },
  { location: { service: 'local', directory: '/srv', rootPath: '' }, authentication: { kind: 'none' } },
]

it('the files of each kind of kit', async () => {
  const context = makeContext({ allowedEndpoints: [origin] })
  const kits = await Promise.all(
    inputs.map(async (input) => {
      const kit = await buildKit(await makeConnection({ ...exportInput, ...input }, context), context)
      return new Set(kit.files.map((file) => file.path))
    }),
  )
  const federated = makeContext({ allowedEndpoints: [origin], tokens: makeTokens() })
  const byToken = { ...exportInput, authentication: { kind: 'role', webIdentity: true } } as const
  const { files } = await buildKit(await makeConnection(byToken, federated), federated)
  for (const { path } of files) kits[0]?.add(path)
  const written = page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 8 && /^`[\w.-]+`$/.test(cells[1] ?? ''))
    .map((cells) => [cells[1]?.slice(1, -1), ...cells.slice(2, 6).map((cell) => cell === '●')])
  const all = new Set(kits.flatMap((paths) => [...paths]))
  const real = [...all].map((path) => [path, ...kits.map((paths) => paths.has(path))])
  expect(written.sort()).toEqual(real.sort())
})

it('the letters of each purpose', () => {
  for (const purpose of ['source', 'enrichment', 'export'] as const) {
    expect(page).toContain(`| \`${purpose}\` | \`${sasLettersOf({ purpose })}\` |`)
  }
})
