/** What a connection may be made of, and what is refused before anything is saved. */
import { describe, expect, it } from 'vitest'
import { DrawbridgeError, systemRandom } from '../../base/index.ts'
import type { ConnectionInput } from '../../contract/index.ts'
import { changeConnection } from '../change/index.ts'
import {
  countingRandom,
  customerAccount,
  exportInput,
  makeConnection,
  makeContext,
  makeTokens,
  noReservation,
  principalArn,
  vendorAccount,
} from '../testing/surroundings.ts'
import { createConnection, draftConnection } from './create.ts'
import { newExternalId } from './external-id.ts'
import { authenticationOffers } from './offers.ts'

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

describe('a SAS token at intake', () => {
  const origin = 'https://acme0audit.blob.core.windows.net'
  const take = (
    fields: string,
    change: Partial<ConnectionInput> = {},
    context: Parameters<typeof makeContext>[0] = {},
  ) => {
    const input: Partial<ConnectionInput> = {
      location: { service: 'azblob', containerUrl: `${origin}/exports`, rootPath: 'a/' },
      authentication: { kind: 'sas', token: `sv=2024-11-04&spr=https&${fields}&sig=c2lnbmF0dXJl` },
      ...change,
    }
    return makeConnection(input, makeContext({ allowedEndpoints: [origin], ...context }))
  }

  it('keeps no warning that is only true today', async () => {
    const connection = await take('si=p&sr=c&sp=cw&se=2026-11-09T10:00:00Z')
    expect(connection.warnings).toEqual([])
    expect(connection.authentication).toMatchObject({ expiresAt: '2026-11-09T10:00:00.000Z' })
  })

  it('ends with the key behind it', async () => {
    const connection = await take('skoid=x&ske=2026-11-05T00:00:00Z&sr=c&sp=cw&se=2026-12-09T10:00:00Z')
    expect(connection.authentication).toMatchObject({ expiresAt: '2026-11-05T00:00:00.000Z' })
  })

  it('says that an end in the stored access policy is not seen', async () => {
    const connection = await take('si=p&sr=c')
    expect(connection.warnings).toEqual([expect.stringContaining('the token says no end')])
  })

  it('compares its addresses with where our calls come from', async () => {
    const bound = 'si=p&sr=c&sp=cw&se=2027-01-15&sip=203.0.113.0-203.0.113.15'
    expect((await take(bound)).warnings).toEqual([expect.stringContaining('addresses that change')])
    const within = { egress: ['203.0.113.8/29', '203.0.113.1/32'] }
    expect((await take(bound, {}, within)).warnings).toEqual([])
    const beside = take(bound, {}, { egress: ['203.0.113.8/28', '203.0.113.16/32'] })
    await expect(beside).rejects.toMatchObject({ code: 'sas-unusable', message: expect.stringContaining('only from') })
    await expect(take(bound, {}, { egress: ['2001:db8::/32'] })).rejects.toMatchObject({ code: 'sas-unusable' })
  })

  it('lets an enrichment delete, and nobody else', async () => {
    const letters = 'si=p&sr=c&sp=rcwdl&se=2027-01-15'
    expect((await take(letters, { purpose: 'enrichment' })).warnings).toEqual([])
    expect((await take(letters)).warnings).toEqual([expect.stringContaining('also permits `rdl`')])
    const more = await take('si=p&sr=c&sp=rcwdxl&se=2027-01-15', { purpose: 'enrichment' })
    expect(more.warnings).toEqual([expect.stringContaining('also permits `x`')])
  })

  it.each([
    ['of the account', 'ss=b&srt=co&sp=cw&se=2027-01-15', 'whole storage account'],
    ['of a blob', 'sr=b&sp=cw&se=2027-01-15', 'not for a container'],
    ['that begins later', 'sr=c&sp=cw&st=2026-12-01&se=2027-01-15', 'begins at'],
    ['that has ended', 'sr=c&sp=cw&se=2026-10-01', 'ended at'],
    ['without the letters', 'sr=c&sp=rl&se=2027-01-15', 'lack'],
    ['of a deeper directory', 'sr=d&sdd=2&sp=cw&se=2027-01-15', 'above it'],
    ['without any end', 'sr=c&sp=cw', 'says no end'],
  ])('refuses a token %s', async (_, fields, why) => {
    await expect(take(fields)).rejects.toMatchObject({ code: 'sas-unusable', message: expect.stringContaining(why) })
  })
})

describe('a deployment on another cloud', () => {
  it.each(['azure', 'gcp'] as const)('on %s is offered no role, with the reason', async (hosting) => {
    const { code, text } = await refusalOf({}, { hosting })
    expect(code).toBe('input-invalid')
    expect(text).toContain('can not be a role')
    expect(text).toContain('web-identity federation')
  })

  it('on another cloud is offered with an ID token, of this connection’s own subject', async () => {
    const context = makeContext({ hosting: 'gcp', base: null, tokens: makeTokens(), random: systemRandom })
    const offers = authenticationOffers(context)
    expect(offers.filter(({ isOffered }) => !isOffered).map(({ mode }) => mode)).toEqual(['role'])
    expect(offers[0]?.reason).toContain('Google Cloud')
    const [one, two] = [await makeConnection({}, context), await makeConnection({}, context)]
    const tokenOf = ({ authentication }: typeof one) =>
      authentication.kind === 'role' ? authentication.webIdentity : undefined
    expect(tokenOf(one)).toMatchObject({ tokens: 'issuer', audience: 'sts.amazonaws.com' })
    expect(tokenOf(one)?.subject).toMatch(/^drawbridge:tenant-a:dbx_[\w-]{24}$/)
    expect(tokenOf(one)?.subject).not.toBe(tokenOf(two)?.subject)
    expect(one.authentication).toMatchObject({ externalId: null, externalIdOrigin: 'none' })
    const adopted = { authentication: { kind: 'role', adoptExternalId: 'dbx-of-another-one' } } as const
    await expect(makeConnection(adopted, context)).rejects.toMatchObject({ code: 'input-invalid' })
  })

  it('without AWS credentials and without ID tokens is withheld, and said why', () => {
    const reasons = (change: Parameters<typeof makeContext>[0]) =>
      authenticationOffers(makeContext(change)).flatMap(({ mode, reason }) =>
        reason === undefined ? [] : [mode, reason],
      )
    expect(reasons({ hosting: 'azure' }).join()).toMatch(/role,this deployment runs on Azure.*role-web-identity/)
    expect(reasons({ base: null })).toContain('this deployment has no AWS identity of its own')
    expect(reasons({ hosting: 'onprem', tokens: makeTokens() })).toEqual([])
  })

  it('can be opened by an ID token on AWS too, when that is asked for', async () => {
    const asked = { authentication: { kind: 'role', webIdentity: true } } as const
    const made = await makeConnection(asked, makeContext({ tokens: makeTokens() }))
    expect(made.authentication).toMatchObject({ webIdentity: { issuer: 'https://drawbridge.example.com/oidc' } })
    const plain = await makeConnection({}, makeContext({ tokens: makeTokens() }))
    expect(plain.authentication).not.toHaveProperty('webIdentity')
    await expect(makeConnection(asked)).rejects.toMatchObject({ code: 'input-invalid' })
    const change = changeConnection(made, { durationSeconds: 43_200 }, makeContext({ tokens: makeTokens() }))
    expect((await change).connection.authentication).toMatchObject({ durationSeconds: 43_200 })
  })

  it.each(['aws', 'local', 'onprem'] as const)('on %s is', async (hosting) => {
    expect((await makeConnection({}, makeContext({ hosting }))).authentication.kind).toBe('role')
  })

  it('may use access keys everywhere, and can not change to a role of another account from there', async () => {
    const key = { kind: 'access-key', accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 's'.repeat(40) } as const
    const made = await makeConnection({ authentication: key }, makeContext({ hosting: 'gcp' }))
    expect(made.authentication.kind).toBe('access-key')
    const roleArn = 'arn:aws:iam::222222222222:role/other'
    const change = changeConnection(await makeConnection(), { roleArn }, makeContext({ hosting: 'gcp' }))
    await expect(change).rejects.toMatchObject({ code: 'input-invalid' })
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

  it('takes both halves of an access key, and only where there is one', async () => {
    const role = await makeConnection()
    const half = { accessKeyId: 'AKIAEXAMPLE000000001' }
    await expect(changeConnection(role, half, makeContext())).rejects.toMatchObject({
      message: expect.stringContaining('only for a connection with an access key'),
    })
    const authentication = {
      kind: 'access-key',
      accessKeyId: 'AKIAEXAMPLE000000000',
      secretAccessKey: 's'.repeat(40),
    } as const
    const key = await makeConnection({ authentication })
    await expect(changeConnection(key, half, makeContext())).rejects.toMatchObject({
      message: expect.stringContaining('change together'),
    })
  })
})

describe('a draft', () => {
  const peek = async (reservation: string) => (reservation === 'rsv_1' ? 'dbx_reserved' : null)
  const role = { kind: 'role', reservation: 'rsv_1' } as const

  it('is the connection that is saved later, as far as the customer is concerned', async () => {
    const context = makeContext()
    const draft = await draftConnection('t', { ...exportInput, authentication: role }, context, peek)
    const { connection } = await createConnection('t', { ...exportInput, authentication: role }, context, peek)
    expect({ ...draft, id: '', createdAt: '' }).toEqual({ ...connection, id: '', createdAt: '' })
  })

  it('shows no External ID that could be another one later', async () => {
    const loose = draftConnection('t', { ...exportInput, authentication: { kind: 'role' } }, makeContext(), peek)
    await expect(loose).rejects.toMatchObject({ code: 'input-invalid' })
  })

  it('needs no secret that the customer has yet to make', async () => {
    const context = makeContext({ allowedEndpoints: ['https://acme0audit.blob.core.windows.net'] })
    const containerUrl = 'https://acme0audit.blob.core.windows.net/exports'
    const place = { ...exportInput, location: { service: 'azblob', containerUrl, rootPath: 'a/' } } as const
    const draft = await draftConnection('t', { ...place, authentication: { kind: 'sas' } }, context, peek)
    expect(draft.authentication).toMatchObject({ kind: 'sas', fingerprint: '' })
    const wrong = draftConnection('t', { ...place, authentication: { kind: 'access-key' } }, context, peek)
    await expect(wrong).rejects.toMatchObject({ code: 'input-invalid' })
  })

  it('leaves a reservation alone when anything beside the authentication is wrong', async () => {
    const taken: string[] = []
    const take = async (reservation: string) => {
      taken.push(reservation)
      return 'dbx_reserved'
    }
    const mapping = { sourceIdentityClaim: 'sub', tags: [{ tag: 'aws:x', claim: 'a', required: true }] }
    const input = { ...exportInput, authentication: role, identityMapping: mapping }
    await expect(createConnection('t', input, makeContext(), take)).rejects.toMatchObject({ code: 'input-invalid' })
    expect(taken).toEqual([])
  })
})
