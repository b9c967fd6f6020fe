/** Where the built pages are: beside the compiled program, and in a checkout after `npm run build:web`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The folder of the built pages. */
export const webRoot = join(import.meta.dirname, '..', '..', 'dist', 'web')

/** Reads the built page of the repair ticket; null when it is not built. */
export async function ticketTemplate(): Promise<string | null> {
  return readFile(join(webRoot, 'ticket.html'), 'utf8').catch(() => null)
}
