/** The shape of one row in the table of operations. */
import type { z } from 'zod'
import type { ErrorCode } from '../base/index.ts'

/** Who may call it: `view` reads, `operate` delivers and verifies, `connect` changes connections and routes, `local` needs no service. */
export type Right = 'view' | 'operate' | 'connect' | 'local'

/** Which doors an operation has. `cli` with its words, `http` with its method and path. */
export interface Operation<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  /** `connection.verify`. */
  readonly name: string
  /** One sentence in the third person present, for help and docs. */
  readonly summary: string
  readonly right: Right
  /** Absent: the operation needs no service and has no HTTP door. */
  readonly http?: { readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; readonly path: `/${string}` }
  /** The command's words; absent: not a command of its own. */
  readonly cli?: { readonly words: readonly string[]; readonly example: string }
  readonly input: Input
  readonly output: Output
  /** Present: the output is a stream of these events, the last of which carries the result. */
  readonly stream?: true
  /** The codes it can end with, beside `unauthenticated`, `forbidden`, `input-invalid` and `internal`. */
  readonly errors: readonly ErrorCode[]
}

/** Checks a row's form at compile time and keeps its exact types. */
export function defineOperation<const Row extends Operation>(row: Row): Row {
  return row
}
