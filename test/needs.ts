/** Tests against parts that are not ours: skipped loudly where the part is missing, and failed in CI, where nothing skips. */
import { existsSync } from 'node:fs'

/** True when the test must be skipped because `file`, of the Debian package, is not on this machine. */
export function needs(file: string, debianPackage: string): boolean {
  if (existsSync(file)) return false
  const line = `${file} is missing: apt-get install --no-install-recommends ${debianPackage}`
  if (process.env['CI'] !== undefined) throw new Error(line)
  console.warn(`SKIPPED: ${line}`)
  return true
}
