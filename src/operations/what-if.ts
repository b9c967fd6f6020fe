/** Trying planned policies of the customer before they are applied. */
import { DrawbridgeError } from '../base/index.ts'
import { requireIdentity, whatIf } from '../connection/index.ts'
import type { OperationInput, WhatIf } from '../contract/index.ts'
import type { Caller } from './caller.ts'
import { findConnection } from './connection.ts'
import type { House } from './house.ts'
import { personInQuestion } from './person.ts'

/** Tells what a plan would do. @throws not-found | claim-missing | input-invalid */
export async function tryPlan(
  house: House,
  caller: Caller,
  { name, planned, before = {} }: OperationInput<'connection.whatif'>,
): Promise<WhatIf> {
  if (Object.values(planned).every((policy) => policy === undefined)) {
    throw new DrawbridgeError({
      code: 'input-invalid',
      message: 'there is no plan',
      operation: 'connection.whatif',
      help: 'give at least one policy as it would be: --trust, --permissions, --boundary, --bucket, --key',
    })
  }
  const connection = await findConnection(house, name)
  const identity = requireIdentity(connection.identityMapping, await personInQuestion(house, caller, connection))
  return whatIf(connection, identity, planned, before, house.context)
}
