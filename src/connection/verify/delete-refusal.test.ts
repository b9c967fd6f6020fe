/** What the answers to a delete with a condition prove, against a store on the wire that answers each as a row says. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Check } from '../../contract/index.ts'
import type { ConnectionSecret } from '../index.ts'
import { dana, exportInput, makeConnection, makeContext } from '../testing/surroundings.ts'
import { verifyConnection } from './verify-connection.ts'

interface Answer {
  readonly status: number
  readonly message?: string
}

const secret: ConnectionSecret = { kind: 'access-key', secretAccessKey: 'not-a-real-secret' }
const refusedFor = (action: string): Answer => ({
  status: 403,
  message: `User: arn:aws:iam::222222222222:user/export is not authorized to perform: ${action} on resource: "arn:aws:s3:::acme-audit/a" because no identity-based policy allows the ${action} action`,
})
const bare: Answer = { status: 403, message: 'Access Denied' }
const otherTag: Answer = { status: 412, message: 'At least one of the pre-conditions you specified did not hold' }
const absent: Answer = { status: 404, message: 'The specified key does not exist.' }
const gone: Answer = { status: 204 }

let server: Server | undefined
afterEach(() => void server?.close())

/** A store that takes what an export writes and refuses the rest; deletes are answered as given, by their condition. */
async function storeWith(named: Answer, any: Answer): Promise<{ origin: string; deletes: string[] }> {
  const deletes: string[] = []
  const keys = new Set<string>()
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://store')
    const condition = request.headers['if-match'] ?? 'none'
    const answer = (): Answer => {
      if (request.method === 'DELETE') {
        deletes.push(`${condition} ${keys.has(pathname) ? 'probe' : 'absent'}`)
        return condition === '*' ? any : named
      }
      if (request.method !== 'PUT') return bare
      if (keys.has(pathname)) return otherTag
      keys.add(pathname)
      return { status: 200 }
    }
    request.resume().on('end', () => {
      const { status, message } = answer()
      const code = { 403: 'AccessDenied', 404: 'NoSuchKey', 412: 'PreconditionFailed' }[status] ?? ''
      const body = message === undefined ? '' : `<Error><Code>${code}</Code><Message>${message}</Message></Error>`
      response.writeHead(status, { 'x-amz-request-id': 'REQ1', etag: '"0"' }).end(status === 204 ? undefined : body)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, deletes }
}

async function deleteRefused(named: Answer, any: Answer): Promise<{ check: Check | undefined; deletes: string[] }> {
  const { origin, deletes } = await storeWith(named, any)
  const context = makeContext({ allowedEndpoints: [origin] })
  const { location } = exportInput
  if (location.service !== 's3') throw new TypeError('no bucket')
  const authentication = {
    kind: 'access-key',
    accessKeyId: 'AKIAEXAMPLE000000000',
    secretAccessKey: 'not-a-real-secret',
  } as const
  const connection = await makeConnection({ location: { ...location, endpoint: origin }, authentication }, context)
  for await (const event of verifyConnection(connection, secret, dana, context)) {
    if (event.type !== 'done') continue
    return { check: event.verification.checks.find(({ id }) => id === 'delete-refused'), deletes }
  }
  throw new Error('no report')
}

describe('delete-refused', () => {
  it('is certain when the refusal names the right to delete, and asks once', async () => {
    const { check, deletes } = await deleteRefused(refusedFor('s3:DeleteObject'), gone)
    expect(check).toMatchObject({ status: 'pass', detail: 'refused, as it should be' })
    expect(deletes).toEqual(['"00000000000000000000000000000000" probe'])
  })

  it.each([
    ['the condition was looked at', otherTag],
    ['the condition was ignored', gone],
  ])('is red when %s', async (_, answer) => {
    const { check } = await deleteRefused(answer, bare)
    expect(check).toMatchObject({ status: 'fail', cause: 'grants-too-much' })
  })

  it.each([
    ['pass', refusedFor('s3:DeleteObject')],
    ['fail', absent],
    ['fail', gone],
    ['unknown', refusedFor('s3:ListBucket')],
    ['unknown', bare],
  ])('asks about what is not there when the refusal is about reading: %s', async (status, answer) => {
    const { check, deletes } = await deleteRefused(refusedFor('s3:GetObject'), answer)
    expect(check?.status).toBe(status)
    expect(deletes).toEqual(['"00000000000000000000000000000000" probe', '* absent'])
    if (status === 'unknown') expect(check?.detail).toMatch(/for s3:(GetObject|ListBucket), .* is not known$/)
  })

  it('says that the store gives no reason where it gives none', async () => {
    const { check } = await deleteRefused(bare, bare)
    expect(check).toMatchObject({ status: 'pass', detail: expect.stringContaining('does not say for which action') })
    expect(check?.requestIds).toEqual(['REQ1', 'REQ1'])
  })

  it('is red when a bare refusal was about something else than deleting', async () => {
    expect((await deleteRefused(bare, absent)).check?.status).toBe('fail')
  })
})
