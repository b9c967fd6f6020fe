/** Manifests as BagIt (RFC 8493) and `sha256sum -c` both read them: a hash, two spaces, a path, sorted by path. */
import { hash } from 'node:crypto'

/** A file as a manifest names it. */
export interface ManifestLine {
  readonly path: string
  /** 64 lower-case hex digits. */
  readonly sha256: string
}

/** Writes a manifest; the order of `lines` does not matter. */
export function writeManifest(lines: readonly ManifestLine[]): string {
  return [...lines]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`)
    .join('')
}

/** Hashes bytes, or a text as UTF-8; lower-case hex. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex')
}

/** Tells whether a text is a SHA-256 in lower-case hex. */
export function isSha256Hex(text: string): boolean {
  return /^[0-9a-f]{64}$/u.test(text)
}
