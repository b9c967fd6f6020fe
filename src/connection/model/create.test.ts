import { describe, expect, it } from 'vitest'
import { DrawbridgeError } from '../../base/index.ts'
import type { ConnectionInput } from '../../contract/index.ts'
import { changeConnection } from '../change/index.ts'
import {
  countingRandom,
  customerAccount,
  exportInput,
  makeConnection,
  makeContext,
  noReservation,
  principalArn,
  vendorAccount,
} from '../testing/surroundings.ts'
import { createConnection } from './create.ts'
import { newExternalId } from './external-id.ts'

type S3Input = Extract<ConnectionInput['location'], { service: 's3' }>

const s3 = exportInput.location as S3Input

/** What the intake says to an input. */
async function refusalOf(input: Partial<ConnectionInput>, change: Parameters<typeof makeContext>[0] = {}) {
  const error = await makeConnection(input, makeContext(change)).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof DrawbridgeError)) throw new Error('the intake took it')
  return { code: error.code, text: `${error.message} | ${error.help ?? ''}` }
}

describe('createConnection', () => {
  it('makes an External ID of more than 128 random bits and the role of the set-up kit', async () => {
    const connection = await makeConnection()
    expect(connection.authentication).toMatchObject({
      kind: 'role',
      roleArn: `arn:aws:iam::${customerAccount}:role/drawbridge-acme`,
      externalIdOrigin: 'generated',
      stsRegion: 'eu-central-1',
      durationSeconds: 3600,
    })
    const { authentication } = connection
    if (authentication.kind !== 'role') throw new Error('no role')
    expect(authentication.externalId).toMatch(/^dbx_[\w-]{24}$/)
    expect(connection).toMatchObject({ state: 'unverified', version: 1, warnings: [], writing: { acl: 'none' } })
  })

  it('never makes the same External ID twice', () => {
    const random = countingRandom()
    expect(newExternalId(random)).not.toBe(newExternalId(random))
  })

  it('sends a path in the URI to the root path', async () => {
    const { code, text } = await refusalOf({ location: { ...s3, uri: 's3://acme-audit/audit/2026' } })
    expect(code).toBe('input-invalid')
    expect(text).toContain('`s3://bucket` alone')
    expect(text).toContain('`audit/2026/` into the root path')
  })

  it.each([
    ['/audit/', 'must not start with a slash'],
    ['audit', 'must end in a slash'],
    ['a/../b/', '`.` or `..`'],
    ['a//b/', 'empty segment'],
    ['reports/*/', '`*`'],
    ['$user/', '`$`'],
  ])('refuses the root path %s', async (rootPath, why) => {
    expect((await refusalOf({ location: { ...s3, rootPath } })).text).toContain(why)
  })

  it.each([
    ['QualioExportRole', 'starts with `arn:aws:iam::`'],
    ['arn:aws:iam::123456789:role/QualioExportRole', 'has 9 digits'],
    ['arn:aws:sts::222222222222:assumed-role/a/b', 'is a session, not a role'],
    ['arn:aws:iam::222222222222:user/a', 'does not name a role'],
    ['arn:aws:s3:::bucket', 'is not an ARN of IAM'],
    ['arn:amazon:iam::222222222222:role/a', 'partition'],
  ])('refuses the role ARN %s with a line of its own', async (roleArn, why) => {
    expect((await refusalOf({ authentication: { kind: 'role', roleArn } })).text).toContain(why)
  })

  it('refuses roles of our own accounts, and our own role, unless said', async () => {
    const roleArn = `arn:aws:iam::${vendorAccount}:role/ours`
    expect((await refusalOf({ authentication: { kind: 'role', roleArn } })).text).toContain('an account of our own')
    const other = { kind: 'role', roleArn: 'arn:aws:iam::333333333333:role/ours' } as const
    expect((await refusalOf({ authentication: other }, { ownAccounts: ['333333333333'] })).text).toContain('of our own')
    expect((await refusalOf({ authentication: { kind: 'role', roleArn: principalArn } })).text).toContain(
      'itself runs as',
    )
    const own = await makeConnection({ authentication: { kind: 'role', roleArn, withoutExternalId: true } })
    expect(own.authentication).toMatchObject({ externalId: null, externalIdOrigin: 'none' })
  })

  it('never goes without an External ID to a customer', async () => {
    const { text } = await refusalOf({ authentication: { kind: 'role', withoutExternalId: true } })
    expect(text).toContain('`withoutExternalId` is only for a role in an account of our own')
  })

  it('takes a reserved External ID once, and adopts one only with a warning', async () => {
    const context = makeContext()
    const given = { ...exportInput, authentication: { kind: 'role', reservation: 'rsv_1' } } as const
    const take = async (reservation: string) => (reservation === 'rsv_1' ? 'dbx_reserved' : null)
    const { connection } = await createConnection('t', given, context, take)
    expect(connection.authentication).toMatchObject({ externalId: 'dbx_reserved', externalIdOrigin: 'generated' })
    await expect(createConnection('t', given, context, noReservation)).rejects.toMatchObject({ code: 'not-found' })
    const adopted = await makeConnection({ authentication: { kind: 'role', adoptExternalId: '222222222222' } })
    expect(adopted.authentication).toMatchObject({ externalId: '222222222222', externalIdOrigin: 'adopted' })
    expect(adopted.warnings[0]).toContain('account id, which anybody can know')
  })

  it('keeps a session made by a role to an hour', async () => {
    const { text } = await refusalOf({ authentication: { kind: 'role', durationSeconds: 7200 } })
    expect(text).toContain('`durationSeconds` must be 3600 or less')
  })

  it('needs a base identity for a role and none for an access key', async () => {
    expect((await refusalOf({}, { base: null })).code).toBe('no-base-identity')
    const key = { kind: 'access-key', accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 's'.repeat(40) } as const
    const made = await createConnection(
      't',
      { ...exportInput, authentication: key },
      makeContext({ base: null }),
      noReservation,
    )
    expect(made.secret).toEqual({ kind: 'access-key', secretAccessKey: 's'.repeat(40) })
    expect(JSON.stringify(made.connection)).not.toContain('ssss')
  })

  it('lets a source have no ACL and no resumed uploads', async () => {
    expect((await refusalOf({ purpose: 'source', writing: { acl: 'bucket-owner-full-control' } })).text).toContain(
      'writing.acl',
    )
    expect((await refusalOf({ purpose: 'source', writing: { resume: true } })).text).toContain('writing.resume')
  })

  it('refuses endpoints that were not allowed by name', async () => {
    const endpoint = 'http://127.0.0.1:9000'
    expect((await refusalOf({ location: { ...s3, endpoint } })).code).toBe('endpoint-refused')
    const allowed = makeContext({ allowedEndpoints: [endpoint] })
    expect((await makeConnection({ location: { ...s3, endpoint } }, allowed)).location).toMatchObject({ endpoint })
  })

  it('refuses a mapping with a reserved or a doubled tag', async () => {
    const rule = (tag: string) => ({ tag, claim: 'dept', required: true })
    const mapping = (...tags: string[]) => ({ identityMapping: { sourceIdentityClaim: 'sub', tags: tags.map(rule) } })
    expect((await refusalOf(mapping('aws:x'))).text).toContain('reserved')
    expect((await refusalOf(mapping('Team', 'team'))).text).toContain('twice')
  })
})

describe('a container', () => {
  const secretPart = 'c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmE%3D'
  const token = `sv=2024-11-04&si=drawbridge&sr=c&spr=https&sp=cw&se=2027-01-15T00%3A00%3A00Z&sig=${secretPart}`
  const containerUrl = 'https://acme0audit.blob.core.windows.net/exports'
  const input = (url: string, sas: string): Partial<ConnectionInput> => ({
    location: { service: 'azblob', containerUrl: url, rootPath: '' },
    authentication: { kind: 'sas', token: sas },
  })

  it('keeps the token secret and shows its fingerprint', async () => {
    const { location, authentication } = input(containerUrl, `?${token}`)
    if (location === undefined || authentication === undefined) throw new Error('incomplete')
    const made = await createConnection(
      't',
      { ...exportInput, location, authentication },
      makeContext({ allowedEndpoints: ['https://acme0audit.blob.core.windows.net'] }),
      noReservation,
    )
    expect(made.secret).toEqual({ kind: 'sas', token })
    expect(made.connection.authentication).toMatchObject({ kind: 'sas', permissions: 'cw' })
    expect(JSON.stringify(made.connection)).not.toContain(secretPart)
  })

  it('refuses a token in the URL without repeating it', async () => {
    const { text } = await refusalOf(input(`${containerUrl}?${token}`, token))
    expect(text).toContain('SAS token')
    expect(text).not.toContain('sig=')
  })

  it('refuses other hosts and an expired token before anything is called', async () => {
    expect((await refusalOf(input('https://evil.example.com/exports', token))).text).toContain('`containerUrl` must be')
    const allowed = { allowedEndpoints: ['https://acme0audit.blob.core.windows.net'] }
    const expired = await refusalOf(
      input(containerUrl, token.replace('2027', '2026').replace('01-15', '10-01')),
      allowed,
    )
    expect(expired.code).toBe('sas-unusable')
    expect(expired.text).not.toContain(secretPart)
  })
})

describe('changeConnection', () => {
  it('raises the version, forgets the verdict and keeps the External ID', async () => {
    const before = await makeConnection()
    const { connection, secret } = await changeConnection(
      before,
      { stsRegion: 'us-east-1', writing: { acl: 'bucket-owner-full-control' } },
      makeContext(),
    )
    expect(connection).toMatchObject({ version: 2, state: 'unverified', writing: { acl: 'bucket-owner-full-control' } })
    expect(connection.authentication).toEqual({ ...before.authentication, stsRegion: 'us-east-1' })
    expect(secret).toBeUndefined()
  })

  it('refuses to change the External ID, and to give a directory a role', async () => {
    const before = await makeConnection()
    const change = { externalId: 'dbx_mine' } as never
    await expect(changeConnection(before, change, makeContext())).rejects.toMatchObject({
      code: 'input-invalid',
      help: 'an External ID never changes; make a new connection',
    })
    const local = await makeConnection({
      location: { service: 'local', directory: '/srv/reports', rootPath: '' },
      authentication: { kind: 'none' },
    })
    await expect(changeConnection(local, { stsRegion: 'us-east-1' }, makeContext())).rejects.toMatchObject({
      code: 'input-invalid',
    })
  })
})
