/** The same failure, told with other facts. */
import { expect, test } from 'vitest'
import { DrawbridgeError } from './error.ts'

const refusal = new DrawbridgeError({
  code: 'access-denied',
  message: 'the storage refuses',
  retry: 'later',
  operation: 's3:PutObject',
  context: { providerCode: 'AccessDenied', attempts: 1 },
  help: 'ask the owner of the bucket',
  cause: new Error('403'),
})

test('told again, a failure keeps what is not named, and the context is joined', () => {
  const { code, message, retry, operation, context, help, cause, name } = refusal.with({ context: { attempts: 2 } })
  expect({ code, message, retry, operation, help, name }).toEqual({
    code: 'access-denied',
    message: 'the storage refuses',
    retry: 'later',
    operation: 's3:PutObject',
    help: 'ask the owner of the bucket',
    name: 'DrawbridgeError',
  })
  expect(context).toEqual({ providerCode: 'AccessDenied', attempts: 2 })
  expect(cause).toBe(refusal)
})

test('told again, a failure has the message, the retry and the help that are named; the first telling stays', () => {
  const told = refusal.with({ message: 'refused, twice', retry: 'exhausted', help: 'wait' })
  expect(told).toMatchObject({ message: 'refused, twice', retry: 'exhausted', help: 'wait' })
  expect(told.context).toEqual(refusal.context)
  expect(refusal).toMatchObject({ message: 'the storage refuses', retry: 'later', context: { attempts: 1 } })
})

test('a failure without an operation has none when it is told again', () => {
  const told = new DrawbridgeError({ code: 'unavailable', message: 'no answer' }).with({ context: { attempts: 5 } })
  expect(told.operation).toBeUndefined()
})
