/**
 * Buffers that others allocate and nobody needs any more. Their bytes lie outside of V8's heap, which sees hardly a reason to
 * collect while a report of gigabytes goes through in pieces: some 60 MiB of them would lie about. So they are counted where
 * they pass, and their generation is collected when they are many. Bytes in memory that is reused are not counted.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A collection of the young takes about half a millisecond; at this distance a gibibyte costs some 100 ms. */
const bytesBetween = 4 << 20

type Collect = (options: { readonly type: 'minor' }) => void

let counted = 0
let collect: Collect | null = null

/** Says that a buffer of so many bytes has done its duty. */
export function countBufferGarbage(sizeBytes: number): void {
  counted += sizeBytes
  if (counted < bytesBetween) return
  counted = 0
  collect ??= collector()
  collect({ type: 'minor' })
}

/** V8's own `gc`, which contexts have that are made after the flag was set. */
function collector(): Collect {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  return typeof gc === 'function' ? (options) => void gc(options) : () => {}
}
