/** The version of this program, as its package says it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** Two floors above both `src/cli` and `dist/cli`. */
const manifest = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')

/** `0.1.0`. */
export const version: string = z.object({ version: z.string() }).parse(JSON.parse(manifest)).version
