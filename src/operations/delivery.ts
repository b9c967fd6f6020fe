/** The operations on deliveries and their receipts. Everything durable about them is the delivery room's own. */
import type { Delivery, OperationOutput, ReceiptBundle, UploadedFile } from '../contract/index.ts'
import type { AcceptInput } from '../delivery/index.ts'
import { type Caller, requireRight } from './caller.ts'
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

export function createDelivery(house: House, caller: Caller, input: AcceptInput): Promise<Delivery> {
  return house.deliveries.accept(house.tenant, personOf(caller), input)
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
