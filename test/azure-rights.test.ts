/** What a SAS token's letters, times and stored access policy do on a real service, and what we say of it. */
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../src/base/index.ts'
import { checkSasToken, parseSasToken } from '../src/credentials/index.ts'
import type { ObjectStore } from '../src/storage/index.ts'
import { azureStore, bodyOfBytes } from '../src/storage/index.ts'
import { failureOf } from '../src/storage/testing/contract-suite.ts'
import type { Azurite, SasWish } from './servers/azurite.ts'
import { startAzurite } from './servers/azurite.ts'

let azurite: Azurite
const stores: ObjectStore[] = []
const body = bodyOfBytes('the report')
const onlyNew = { ifAbsent: true }

beforeAll(async () => {
  azurite = await startAzurite()
  await azurite.createContainer('reports')
})
afterAll(async () => {
  for (const store of stores) store.close()
  await azurite.close()
})

function storeWith(wish: SasWish, container = 'reports'): ObjectStore {
  const store = azureStore({
    containerUrl: azurite.containerUrl(container),
    sas: new Secret(azurite.sas(container, wish)),
    allowPrivateEndpoint: true,
  })
  stores.push(store)
  return store
}

describe('a SAS token', () => {
  test('with `c` alone writes a new object once, and reads nothing', async () => {
    const store = storeWith({ permissions: 'c' })
    const answer = await store.put('c/report.csv', body, {
      ...onlyNew,
      contentType: 'text/csv',
      metadata: { 'drawbridge-delivery': 'dlv_1' },
    })
    expect(answer.requestId).toBeTruthy()
    // Azure says UnauthorizedBlobOverwrite, which is told as `object-exists`; Azurite says only that the token does not permit it.
    expect((await failureOf(store.put('c/report.csv', body, onlyNew))).code).toMatch(/^(object-exists|access-denied)$/)
    expect((await failureOf(store.put('c/report.csv', body, { ifAbsent: false }))).code).toMatch(
      /^(object-exists|access-denied)$/,
    )
    expect((await failureOf(store.head('c/report.csv'))).code).toBe('access-denied')
    expect((await failureOf(store.get('c/report.csv'))).code).toBe('access-denied')
    expect((await failureOf(store.delete('c/report.csv'))).code).toBe('access-denied')
    const reader = await storeWith({ permissions: 'r' }).head('c/report.csv')
    expect(reader).toMatchObject({
      sizeBytes: body.sizeBytes,
      contentType: 'text/csv',
      metadata: { 'drawbridge-delivery': 'dlv_1' },
    })
  })

  test('with `cw` sends blocks, but can not list them', async () => {
    const store = storeWith({ permissions: 'cw' })
    const uploadId = await store.createUpload('cw/report.csv', onlyNew)
    const part = await store.uploadPart('cw/report.csv', uploadId, 1, body, 0, body.sizeBytes)
    expect((await failureOf(store.listParts('cw/report.csv', uploadId))).code).toBe('access-denied')
    await store.completeUpload('cw/report.csv', uploadId, [part], onlyNew)
    expect((await failureOf(store.completeUpload('cw/report.csv', uploadId, [part], onlyNew))).code).toBe(
      'object-exists',
    )
  })

  test('with `rl` reads and lists, and writes nothing', async () => {
    await storeWith({ permissions: 'c' }).put('rl/report.csv', body, onlyNew)
    const store = storeWith({ permissions: 'rl' })
    const keys: string[] = []
    for await (const { key } of store.list('rl/')) keys.push(key)
    expect(keys).toEqual(['rl/report.csv'])
    expect((await failureOf(store.put('rl/other.csv', body, onlyNew))).code).toBe('access-denied')
  })

  test('that ended, begins later, was altered or is of another container is refused, and never shown', async () => {
    const day = 86_400_000
    const tokens = [
      azurite.sas('reports', { permissions: 'cw', expiresAt: new Date(Date.now() - day) }),
      azurite.sas('reports', {
        permissions: 'cw',
        startsAt: new Date(Date.now() + day),
        expiresAt: new Date(Date.now() + 2 * day),
      }),
      azurite.sas('reports', { permissions: 'r' }).replace('sp=r', 'sp=cw'),
      azurite.sas('elsewhere', { permissions: 'cw' }),
    ]
    for (const token of tokens) {
      const store = azureStore({
        containerUrl: azurite.containerUrl('reports'),
        sas: new Secret(token),
        allowPrivateEndpoint: true,
      })
      stores.push(store)
      const failure = await failureOf(store.put('refused.csv', body, onlyNew))
      expect(failure.code).toMatch(/^(access-denied|session-expired)$/)
      expect(failure.context['requestId']).toBeTruthy()
      const signature = new URLSearchParams(token).get('sig') ?? ''
      const shown = `${inspect(failure, { depth: 12, showHidden: true })} ${JSON.stringify(failure)} ${inspect(store, { depth: 12 })}`
      expect(shown).not.toContain(signature)
      expect(shown).not.toContain(encodeURIComponent(signature))
    }
    expect(await storeWith({ permissions: 'rl' }).head('refused.csv')).toBeNull()
  })

  test('bound to a stored access policy works until the policy is taken away', async () => {
    const container = azurite.owner.getContainerClient('reports')
    const policy = {
      permissions: 'c',
      startsOn: new Date(Date.now() - 60_000),
      expiresOn: new Date(Date.now() + 3_600_000),
    }
    await container.setAccessPolicy(undefined, [{ id: 'drawbridge', accessPolicy: policy }])
    const store = storeWith({ storedPolicy: 'drawbridge' })
    await store.put('policy/before.csv', body, onlyNew)
    await container.setAccessPolicy(undefined, [])
    expect((await failureOf(store.put('policy/after.csv', body, onlyNew))).code).toBe('access-denied')
  })

  test('that demands https is refused before it is tried over http', async () => {
    const token = parseSasToken(azurite.sas('reports', { permissions: 'cw', httpsOnly: true }))
    if (!token.ok) throw new Error(token.error.message)
    const need = {
      now: new Date(),
      containerUrl: azurite.containerUrl('reports'),
      needs: 'write',
      rootPath: '',
    } as const
    expect(
      checkSasToken(token.value, need)
        .filter(({ severity }) => severity === 'refused')
        .map(({ code }) => code),
    ).toEqual(['http-url'])
    expect(
      (await failureOf(storeWith({ permissions: 'cw', httpsOnly: true }).put('https.csv', body, onlyNew))).code,
    ).toBe('access-denied')
  })
})

test('a container on an address of ours is refused unless the operator allowed it', async () => {
  const store = azureStore({
    containerUrl: azurite.containerUrl('reports'),
    sas: new Secret(azurite.sas('reports', { permissions: 'cw' })),
  })
  stores.push(store)
  expect((await failureOf(store.put('ssrf.csv', body, onlyNew))).code).toBe('endpoint-refused')
})
