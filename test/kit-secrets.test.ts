/**
 * New secrets for old connections: a SAS token on Azurite and an access key on the sandbox are tried before they take over,
 * and one that does not work changes nothing. The tokens are made the way the kit's Azure script makes them.
 */
import { inspect } from 'node:util'
import { CreateAccessKeyCommand, CreateUserCommand } from '@aws-sdk/client-iam'
import { ContainerSASPermissions } from '@azure/storage-blob'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DrawbridgeError } from '../src/base/index.ts'
import {
  buildKit,
  type ConnectionContext,
  changeConnection,
  createConnection,
  verifyConnection,
} from '../src/connection/index.ts'
import type { Connection, ConnectionChange, ConnectionInput, Purpose } from '../src/contract/index.ts'
import { bucket, dana, type House, openHouse, textOf, unwell } from './kit/house.ts'
import { type Azurite, startAzurite } from './servers/azurite.ts'

let house: House

beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

/** The refusal of a change. @throws when it was taken */
async function refusalOf(connection: Connection, change: ConnectionChange, context: ConnectionContext) {
  const thrown = await changeConnection(connection, change, context).then(
    () => null,
    (error: unknown) => error,
  )
  if (!(thrown instanceof DrawbridgeError)) throw new Error(`the change was taken: ${inspect(thrown)}`)
  return thrown
}

describe('a SAS token', () => {
  let azurite: Azurite
  let context: ConnectionContext
  const container = 'exports'

  beforeAll(async () => {
    azurite = await startAzurite()
    await azurite.createContainer(container)
    context = { ...house.context, allowedEndpoints: [new URL(azurite.url).origin] }
  })
  afterAll(() => azurite.close())
  beforeEach(async () => {
    for await (const blob of azurite.owner.getContainerClient(container).listBlobsFlat()) {
      await azurite.owner.getContainerClient(container).deleteBlob(blob.name)
    }
  })

  /** Stored access policies by name, with their letters. None of them has an end. */
  async function putPolicies(policies: Readonly<Record<string, string>>): Promise<void> {
    const acl = Object.entries(policies).map(([id, permissions]) => ({ id, accessPolicy: { permissions } }))
    await azurite.owner.getContainerClient(container).setAccessPolicy(undefined, acl as never)
  }

  /** As `az storage container generate-sas --policy-name … --expiry …`: letters in the policy, the end in the token. */
  async function tokenOf(policy: string, days = 100): Promise<string> {
    const expiresOn = new Date(Date.now() + days * 86_400_000)
    const url = await azurite.owner.getContainerClient(container).generateSasUrl({ identifier: policy, expiresOn })
    return url.slice(url.indexOf('?') + 1)
  }

  async function connect(purpose: Purpose, token: string) {
    const input: ConnectionInput = {
      name: 'acme-azure',
      purpose,
      location: { service: 'azblob', containerUrl: azurite.containerUrl(container), rootPath: 'reports/' },
      authentication: { kind: 'sas', token },
    }
    return createConnection('tenant-a', input, context, async () => null)
  }

  async function names(): Promise<string[]> {
    const found: string[] = []
    for await (const blob of azurite.owner.getContainerClient(container).listBlobsFlat()) found.push(blob.name)
    return found
  }

  it.each([
    ['export', 'cw', 1],
    ['enrichment', 'rcwdl', 0],
    ['source', 'rl', 0],
  ] as const)(
    'for %s has the letters %s, verifies green, and is replaced after a trial',
    async (purpose, letters, left) => {
      await putPolicies({ 'drawbridge-acme-azure': letters })
      const { connection, secret } = await connect(purpose, await tokenOf('drawbridge-acme-azure'))
      const script = textOf(await buildKit(connection, context), 'apply-azure-cli.sh')
      expect(script).toContain(`--permissions '${letters}' `)
      expect(script).toContain("policy='drawbridge-acme-azure'")
      for await (const event of verifyConnection(connection, secret, dana, context)) {
        if (event.type === 'done') expect(unwell(event.verification)).toEqual([])
      }
      const before = (await names()).length

      const successor = await tokenOf('drawbridge-acme-azure', 200)
      const changed = await changeConnection(connection, { sasToken: successor }, context)
      expect(changed.secret).toEqual({ kind: 'sas', token: successor })
      expect(changed.connection.version).toBe(connection.version + 1)
      const [old, fresh] = [connection.authentication, changed.connection.authentication]
      if (old.kind !== 'sas' || fresh.kind !== 'sas') throw new Error('no SAS token')
      expect(fresh.fingerprint).not.toBe(old.fingerprint)
      expect(Date.parse(fresh.expiresAt ?? '')).toBeGreaterThan(Date.parse(old.expiresAt ?? ''))
      expect((await names()).length - before).toBe(left)
      expect(JSON.stringify(changed.connection)).not.toContain(successor.split('sig=')[1])
    },
  )

  it.each([
    ['export', 'rl'],
    ['enrichment', 'cwdl'],
    ['source', 'cw'],
  ] as const)('for %s without its letters does not take over', async (purpose, letters) => {
    await azurite.owner.getContainerClient(container).uploadBlockBlob('reports/orders.csv', 'a', 1)
    await putPolicies({ good: purpose === 'export' ? 'cw' : 'rcwdl', poor: letters })
    const { connection } = await connect(purpose, await tokenOf('good'))
    const poor = await tokenOf('poor')
    const refusal = await refusalOf(connection, { sasToken: poor }, context)
    expect(refusal).toMatchObject({ code: 'access-denied', message: expect.stringContaining('nothing was changed') })
    expect(inspect(refusal, { depth: 12, showHidden: true })).not.toContain(poor.split('sig=')[1])
    expect(connection.version).toBe(1)
  })

  it('for source that may write after all is found out, and leaves no blob', async () => {
    await putPolicies({ wide: 'rlw' })
    const { connection, secret } = await connect('source', await tokenOf('wide'))
    for await (const event of verifyConnection(connection, secret, dana, context)) {
      if (event.type === 'done') expect(unwell(event.verification)).toEqual(['write-refused fail'])
    }
    expect(await names()).toEqual([])
  })

  it('whose stored access policy was deleted, or that is of another container, does not take over', async () => {
    await putPolicies({ good: 'cw', gone: 'cw' })
    const { connection } = await connect('export', await tokenOf('good'))
    const revoked = await tokenOf('gone')
    await putPolicies({ good: 'cw' })
    expect((await refusalOf(connection, { sasToken: revoked }, context)).code).toBe('access-denied')
    await azurite.createContainer('elsewhere')
    const stray = azurite.sas('elsewhere', { permissions: ContainerSASPermissions.parse('cw').toString() })
    expect((await refusalOf(connection, { sasToken: stray }, context)).code).toBe('access-denied')
    expect(await names()).toEqual([])
  })

  it('that ended is refused before anything is called', async () => {
    await putPolicies({ good: 'cw' })
    const { connection } = await connect('export', await tokenOf('good'))
    expect((await refusalOf(connection, { sasToken: await tokenOf('good', -1) }, context)).code).toBe('sas-unusable')
  })
})

describe('an access key', () => {
  const authentication = {
    kind: 'access-key',
    accessKeyId: 'AKIAWASHEREBEFORE000',
    secretAccessKey: 'o'.repeat(40),
  } as const

  async function newKey(
    user: string,
    permissions: object | null,
  ): Promise<{ accessKeyId: string; secretAccessKey: string }> {
    const { iam } = house.administrator()
    if (permissions === null) await iam.send(new CreateUserCommand({ UserName: user }))
    else await house.putUser('222222222222', user, JSON.stringify(permissions))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: user }))
    return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
  }

  it.each(['export', 'enrichment', 'source'] as const)(
    'without the rights of %s does not take over',
    async (purpose) => {
      const { connection } = await house.connect({ purpose, authentication })
      const refusal = await refusalOf(connection, await newKey(`poor-${purpose}`, null), house.context)
      expect(refusal).toMatchObject({
        code: 'access-denied',
        message: expect.stringContaining('new access key was tried'),
      })
    },
  )

  it('that STS does not know, or with a secret of another, does not take over and is not shown', async () => {
    const { connection } = await house.connect({ authentication })
    const unknown = { accessKeyId: 'AKIANOBODYHASTHIS000', secretAccessKey: 'u'.repeat(40) }
    expect((await refusalOf(connection, unknown, house.context)).operation).toBe('sts:GetCallerIdentity')
    const permissions = JSON.parse(textOf(await house.kitOf(connection), 'permissions-policy.json')) as object
    const good = await newKey('rich', permissions)
    const mistyped = { ...good, secretAccessKey: `${good.secretAccessKey.slice(0, -1)}!` }
    const refusal = await refusalOf(connection, mistyped, house.context)
    expect(refusal.code).toBe('access-denied')
    expect(inspect(refusal, { depth: 12, showHidden: true })).not.toContain(mistyped.secretAccessKey)
    const { connection: changed, secret } = await changeConnection(connection, good, house.context)
    expect(changed.authentication).toMatchObject({ accessKeyId: good.accessKeyId })
    expect(secret).toEqual({ kind: 'access-key', secretAccessKey: good.secretAccessKey })
    expect(JSON.stringify(changed)).not.toContain(good.secretAccessKey)
  })

  it('is not taken over while the other side does not answer, and the error says to try later', async () => {
    const { connection } = await house.connect({ authentication })
    const permissions = JSON.parse(textOf(await house.kitOf(connection), 'permissions-policy.json')) as object
    const good = await newKey('later', permissions)
    house.sandbox.setFaults([{ match: { operation: 'GetCallerIdentity' }, do: { kind: 'internal-error' } }])
    try {
      expect(await refusalOf(connection, good, house.context)).toMatchObject({ code: 'unavailable', retry: 'later' })
    } finally {
      house.sandbox.setFaults([])
    }
    expect(house.sandbox.history().some((entry) => JSON.stringify(entry).includes(bucket))).toBe(true)
  })
})
