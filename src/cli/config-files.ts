/** What the parts of the configuration share: secrets that lie in files of their own, and the one way to refuse. */
import { readFile } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { DrawbridgeError, Secret } from '../base/index.ts'

/** Reads a secret of a file; a relative path counts from the data directory. @throws configuration-invalid */
export async function secretOf(file: string, directory: string, what: string): Promise<Secret> {
  const path = isAbsolute(file) ? file : resolve(directory, file)
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw invalid(`the ${what}'s file \`${path}\` can not be read`, undefined, cause)
  })
  if (text.trim() === '') throw invalid(`the ${what}'s file \`${path}\` is empty`, undefined, undefined)
  return new Secret(text.trim())
}

/** The refusal of a configuration. */
export function invalid(message: string, help: string | undefined, cause: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'configuration-invalid',
    message,
    operation: 'config.read',
    ...(help === undefined ? {} : { help }),
    cause,
  })
}
