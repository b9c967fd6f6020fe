/** The names of the kill tests' reports. A report's size follows from its name, and its bytes from both. */
import { Chance } from '../simulation/chance.ts'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/** Names the so-many-th report of a life, with its size: mostly small, some in the spool, a few in parts. */
export function reportNamed(life: string, number: number): string {
  const chance = new Chance(number, life)
  const kind = chance.between(0, 99)
  const sizeBytes =
    kind < 55
      ? chance.between(1, 60 * kibibyte)
      : kind < 88
        ? chance.between(65 * kibibyte, 2 * mebibyte)
        : chance.between(16 * mebibyte, 26 * mebibyte)
  return `${life}-${number}-${sizeBytes}`
}

/** The size in a report's name. */
export function sizeOf(report: string): number {
  return Number(report.slice(report.lastIndexOf('-') + 1))
}
