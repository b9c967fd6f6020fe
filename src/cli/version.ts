/** The version of this program, as its package says it. */
import { createRequire } from 'node:module'
import { z } from 'zod'

const manifest: unknown = createRequire(import.meta.url)('../../package.json')

/** `0.1.0`. */
export const version: string = z.object({ version: z.string() }).parse(manifest).version
