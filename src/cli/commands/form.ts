/** The shape of a command: what it declares on the command line and what it does. */
import type { Command } from 'commander'
import type { DrawbridgeClient, OperationName, OperationOutput } from '../../contract/index.ts'
import type { Colors } from '../terminal.ts'
import type { Run } from './run.ts'

/** Options as the command line gives them, by their names in camel case. */
export type Options = Readonly<Record<string, unknown>>

/** One command. */
export interface CommandForm {
  /** Declares arguments and options. */
  declare(command: Command): void
  /** Does the work and returns the exit code. */
  run(run: Run, args: readonly unknown[], options: Options): Promise<number>
}

/** Draws the output of one operation for people. */
export type Draw<Name extends OperationName> = (
  output: OperationOutput<Name>,
  columns: number,
  colors: Colors,
) => string

/** Calls an operation by its name. The input was made for that very operation; the service checks it anyway. */
export function callByName(
  client: DrawbridgeClient,
  name: OperationName,
  input: unknown,
  signal: AbortSignal,
): unknown {
  const dot = name.indexOf('.')
  const groups = client as unknown as Readonly<Record<string, Readonly<Record<string, AnyCall>>>>
  const call = groups[name.slice(0, dot)]?.[name.slice(dot + 1)]
  if (call === undefined) throw new TypeError(`\`${name}\` has no way over the wire`)
  return call(input, { signal })
}

type AnyCall = (input: unknown, options: { readonly signal: AbortSignal }) => unknown
