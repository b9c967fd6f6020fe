/** Reading what the command line names and writing what it asks for: files, standard input, folders. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { DrawbridgeError, Secret } from '../../base/index.ts'

const maximumTextBytes = 1_000_000

/** Reads a text file, or standard input for `-`. @throws report-unreadable | input-invalid when it is too large */
export async function readText(path: string, stdin: Readable): Promise<string> {
  if (path === '-') return readStream(stdin)
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DrawbridgeError({
      code: 'report-unreadable',
      message: `\`${path}\` can not be read: ${reasonOf(cause)}`,
      cause,
    })
  })
  if (bytes.length > maximumTextBytes) throw tooLarge(path)
  return bytes.toString('utf8')
}

/** Reads a secret from a file or standard input, without the line end that editors add. */
export async function readSecret(path: string, stdin: Readable): Promise<Secret> {
  const text = (await readText(path, stdin)).trim()
  if (text !== '') return new Secret(text)
  throw new DrawbridgeError({ code: 'input-invalid', message: `\`${path}\` holds no secret` })
}

async function readStream(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maximumTextBytes) throw tooLarge('standard input')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tooLarge(what: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'input-invalid', message: `\`${what}\` is larger than 1 MB` })
}

/** Says why a file could not be opened, in words. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file'
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'no permission'
  if (error.code === 'EISDIR') return 'it is a directory'
  return error.code ?? 'the disk refused'
}

/** One file to write. */
export interface OutputFile {
  /** Relative, with `/`. */
  readonly path: string
  readonly content: string | Uint8Array
}

/**
 * Writes files below a folder, which is made when absent. Files that stand there are replaced.
 * @throws input-invalid for a path that would leave the folder; disk-full when the disk refuses
 */
export async function writeFiles(folder: string, files: readonly OutputFile[]): Promise<string[]> {
  const written: string[] = []
  for (const file of files) {
    const segments = file.path.split('/')
    if (
      segments.some((segment) => segment === '' || segment === '.' || segment === '..' || /[\\\p{Cc}]/u.test(segment))
    ) {
      throw new DrawbridgeError({ code: 'protocol-broken', message: `\`${file.path}\` is no path inside a folder` })
    }
    const path = join(folder, ...segments)
    try {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, file.content)
    } catch (cause) {
      const reason = reasonOf(cause as NodeJS.ErrnoException)
      throw new DrawbridgeError({ code: 'disk-full', message: `\`${path}\` can not be written: ${reason}`, cause })
    }
    written.push(path)
  }
  return written
}
