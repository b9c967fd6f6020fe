/**
 * The operator's token and the file through which the terminal finds a running server: `server.json` in the data
 * directory, readable by its owner alone, there while the server runs.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { newId, type Random, Secret } from '../base/index.ts'

const serverFile = z.object({
  url: z.url(),
  token: z.string().min(20),
  pid: z.number().int(),
  startedAt: z.iso.datetime(),
})

/** What `server.json` says: where the running server answers, and the token that makes its reader the operator. */
export interface ServerFile {
  readonly url: string
  readonly token: Secret
  readonly pid: number
  readonly startedAt: string
}

/** Makes a token: `dbo_` and 260 random bits. */
export function makeOperatorToken(random: Random): Secret {
  return new Secret(newId(newId('dbo', random), random))
}

/** Compares in constant time, whatever the lengths. */
export function isSameToken(expected: Secret, presented: string): boolean {
  return timingSafeEqual(digest(expected.reveal()), digest(presented))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Writes the file, whole or not at all, with mode 0600. */
export async function writeServerFile(directory: string, file: ServerFile): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, 'server.json')
  const text = `${JSON.stringify({ ...file, token: file.token.reveal() }, null, 2)}\n`
  await rm(`${path}.new`, { force: true })
  await writeFile(`${path}.new`, text, { mode: 0o600, flag: 'wx' })
  await rename(`${path}.new`, path)
}

/** Reads the file; null when there is none, or when it does not have its form. */
export async function readServerFile(directory: string): Promise<ServerFile | null> {
  try {
    const parsed = serverFile.safeParse(JSON.parse(await readFile(join(directory, 'server.json'), 'utf8')))
    return parsed.success ? { ...parsed.data, token: new Secret(parsed.data.token) } : null
  } catch {
    return null
  }
}

/** Removes the file when it is still that of `pid`. */
export async function removeServerFile(directory: string, pid: number): Promise<void> {
  const file = await readServerFile(directory)
  if (file?.pid === pid) await rm(join(directory, 'server.json'), { force: true })
}
