/** The operations on deliveries and their receipts. Everything durable about them is the delivery room's own. */
import { DrawbridgeError } from '../base/index.ts'
import type { Delivery, OperationInput, OperationOutput, ReceiptBundle, UploadedFile } from '../contract/index.ts'
import { type Caller, requireRight } from './caller.ts'
import { findConnection } from './connection.ts'
import type { House } from './house.ts'
import { personOf } from './person.ts'

/**
 * Takes one file of a report into the spool, as a stream. Needs the right of `delivery.create`, whose other half it is.
 * @throws forbidden | input-invalid | report-unreadable | disk-full | spool-full
 */
export async function upload(
  house: House,
  caller: Caller,
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<UploadedFile> {
  requireRight(caller, 'delivery.create')
  return house.deliveries.upload(house.tenant, name, bytes)
}

export function createDelivery(
  house: House,
  caller: Caller,
  { files, ...input }: OperationInput<'delivery.create'>,
): Promise<Delivery> {
  const handed = files?.map(({ name, base64 }) => ({ name, source: one(Buffer.from(base64, 'base64')) }))
  return house.deliveries.accept(house.tenant, personOf(caller), { ...input, files: handed })
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/**
 * Sends one small report to a connection alone, so that the whole chain is proved as the job uses it.
 * @throws not-found — no such connection or upload
 * @throws input-invalid — a source, a connection that was not seen to work, or a report that is not small
 */
export async function proveConnection(house: House, caller: Caller, name: string, upload: string): Promise<Delivery> {
  const connection = await findConnection(house, name)
  if (connection.purpose === 'source') {
    throw unproved(`\`${name}\` is a source, to which nothing is written`, 'verify it; that reads as the job does')
  }
  if (connection.lastVerification?.status !== 'pass') {
    throw unproved(
      `\`${name}\` was not seen to work`,
      'verify it first: a report is sent only where every check passes',
    )
  }
  return house.deliveries.acceptProof(house.tenant, personOf(caller), name, upload)
}

function unproved(message: string, help: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'input-invalid', message, help })
}

export async function listDeliveries(
  house: House,
  filter: { readonly route?: string | undefined; readonly limit: number },
): Promise<OperationOutput<'delivery.list'>> {
  return { deliveries: await house.deliveries.list(house.tenant, filter) }
}

export function showDelivery(house: House, id: string): Promise<Delivery> {
  return house.deliveries.show(house.tenant, id)
}

export function retryDelivery(house: House, caller: Caller, id: string): Promise<Delivery> {
  return house.deliveries.retry(house.tenant, id, personOf(caller))
}

export function cancelDelivery(house: House, caller: Caller, id: string): Promise<Delivery> {
  return house.deliveries.cancel(house.tenant, id, personOf(caller))
}

export function showReceipt(house: House, id: string, connection: string): Promise<ReceiptBundle> {
  return house.deliveries.receipt(house.tenant, id, connection)
}
