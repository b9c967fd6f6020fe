/** What every command is given: the terminal, what was asked for on all commands alike, and the way to the service. */

import type { Tracing } from '../../base/index.ts'
import { type Operation, type OperationName, operations } from '../../contract/index.ts'
import type { DatabaseAddress } from '../database-address.ts'
import type { Door } from '../door.ts'
import type { Terminal } from '../terminal.ts'

/** One run of one command. */
export interface Run {
  readonly terminal: Terminal
  /** True: machines read the output. */
  readonly json: boolean
  /** The data directory. */
  readonly directory: string
  /** `--config`; null: the data directory's own. */
  readonly configPath: string | null
  /** PostgreSQL, as the environment names it; null: the data directory's own database. */
  readonly database: DatabaseAddress | null
  /** Opens tracing where the environment names a receiver; null otherwise. Closed when the command has ended. */
  openTracing(): Promise<Tracing | null>
  /** A server named by the environment; null: the one that runs for the data directory. */
  readonly url: string | null
  /** Where sign-ins of this person are kept. */
  readonly signInFile: string
  /** Opens the way to the service: a running server, or the data directory itself. Closed when the command has ended. */
  openDoor(options?: { readonly foreignCredentials?: boolean }): Promise<Door>
}

/** Writes an output: as JSON for machines, drawn for people. */
export function show(run: Run, output: unknown, draw: () => string): void {
  run.terminal.out(run.json ? JSON.stringify(output, null, 2) : draw())
}

/** The row of an operation with its command; every operation that the CLI names has one. */
export function commandRow(name: OperationName): Operation & { readonly cli: NonNullable<Operation['cli']> } {
  const row: Operation = operations[name]
  if (row.cli === undefined) throw new TypeError(`\`${name}\` is no command`)
  return { ...row, cli: row.cli }
}
