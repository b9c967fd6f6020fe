/** Calling an operation by name: the one place where right, input and output are checked, for every door. */
import {
  clientOver,
  type DrawbridgeClient,
  type Operation,
  type OperationName,
  operations,
  type UploadBody,
} from '../contract/index.ts'
import { type Caller, requireRight } from './caller.ts'
import { upload } from './delivery.ts'
import { handlers } from './handlers.ts'
import type { CallOptions, House } from './house.ts'
import { parseInput } from './input.ts'

type AnyHandler = (
  house: House,
  caller: Caller,
  input: unknown,
  options: CallOptions,
) => Promise<unknown> | AsyncGenerator<unknown, void, void>

/**
 * Calls an operation. What comes out has been through the output's schema, so nothing leaves that it does not name.
 * A refusal comes as a rejected promise, or as the first step of a stream.
 * @throws forbidden | input-invalid, and the codes of the operation's row
 */
export function invoke(
  house: House,
  caller: Caller,
  name: OperationName,
  input: unknown,
  options: CallOptions,
): Promise<unknown> | AsyncGenerator<unknown, void, void> {
  return isStream(name)
    ? invokeStream(house, caller, name, input, options)
    : invokeOnce(house, caller, name, input, options)
}

async function invokeOnce(
  house: House,
  caller: Caller,
  name: OperationName,
  input: unknown,
  options: CallOptions,
): Promise<unknown> {
  requireRight(caller, name)
  const row: Operation = operations[name]
  const parsed = parseInput(row.input, input, name)
  return await house.tracing.span(`operation ${name}`, { operation: name, caller: caller.actor.kind }, async () =>
    row.output.parse(await handlerOf(name)(house, caller, parsed, options)),
  )
}

async function* invokeStream(
  house: House,
  caller: Caller,
  name: OperationName,
  input: unknown,
  options: CallOptions,
): AsyncGenerator<unknown, void, void> {
  requireRight(caller, name)
  const row: Operation = operations[name]
  const parsed = parseInput(row.input, input, name)
  const events = handlerOf(name)(house, caller, parsed, options) as AsyncGenerator<unknown, void, void>
  for await (const event of events) yield row.output.parse(event)
}

function isStream(name: OperationName): boolean {
  const row: Operation = operations[name]
  return row.stream === true
}

/** The table's rows differ in their input; what they are given was parsed by the very schema of the row. */
function handlerOf(name: OperationName): AnyHandler {
  return handlers[name] as AnyHandler
}

/** Makes a client that calls the operations of an opened house directly, as one caller. */
export function inProcessClient(house: House, caller: Caller): DrawbridgeClient {
  return clientOver(
    (name, input, options) => invoke(house, caller, name, input, options),
    (name, body) => upload(house, caller, name, bytesOf(body)),
  )
}

function bytesOf(body: UploadBody): AsyncIterable<Uint8Array> {
  if (body instanceof Uint8Array) return one(body)
  return body instanceof Blob ? body.stream() : body
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}
