/** Packages that a test changes, and what verification says of them. */
import { expect } from 'vitest'
import { exportPublicKeyPem } from '../evidence-key.ts'
import { verifyPackage } from '../package-verification.ts'
import { bytesOf, sampleKey, sourceOf } from './sample-package.ts'

/** The check that fails first, and with which the reading ends; null: all pass. The key is the samples' first, unless said otherwise. */
export async function firstBad(
  files: ReadonlyMap<string, Uint8Array>,
  keys: string | string[] = exportPublicKeyPem(sampleKey(1).publicKey),
): Promise<string | null> {
  const verdict = await verifyPackage(sourceOf(files), keys)
  const last = verdict.checks.at(-1)
  expect(verdict.checks.slice(0, -1).every((check) => check.ok)).toBe(true)
  expect(verdict.ok).toBe(last?.ok)
  expect(verdict.receipt === undefined).toBe(!verdict.ok)
  return verdict.ok ? null : (last?.id ?? 'none')
}

/** The same files with others in place of some; null: without it. */
export function changed(files: ReadonlyMap<string, Uint8Array>, changes: Record<string, string | Uint8Array | null>) {
  const copy = new Map(files)
  for (const [path, content] of Object.entries(changes)) {
    if (content === null) copy.delete(path)
    else copy.set(path, typeof content === 'string' ? bytesOf(content) : content)
  }
  return copy
}

/** A file as text. */
export function textOf(files: ReadonlyMap<string, Uint8Array>, path: string): string {
  return Buffer.from(files.get(path) ?? []).toString()
}
