/** The policies that the mission's documents show, with the findings that each must have. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckOptions, FindingId } from '../../src/iam/index.ts'

/** One policy of a document. */
export interface MissionCase {
  readonly name: string
  readonly document: string
  readonly why: string
  readonly options: CheckOptions
  readonly policy: unknown
  readonly expected: readonly { readonly id: FindingId; readonly pointer: string }[]
}

const folder = join(import.meta.dirname, 'mission')

/** Reads all of them, in the order of their file names. */
export function missionCases(): readonly MissionCase[] {
  return readdirSync(folder)
    .toSorted()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as MissionCase)
}
