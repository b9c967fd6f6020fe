/** Puts mutants before both readers: Drawbridge's own, and the Go program over golang.org/x/mod/sumdb where it is built. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { verifyPackage } from '../../src/evidence/index.ts'
import type { Delivered, Files } from './delivered.ts'
import { type MutantKind, mutantKinds, mutantsOf } from './mutants.ts'

/** What became of the mutants of one kind. */
export interface KindVerdict {
  made: number
  refused: number
  /** The check that refused, and how often. */
  readonly by: Record<string, number>
  /** Of these the ones that the Go program judged, and refused. */
  goJudged: number
  goRefused: number
}

/** What became of all mutants. */
export interface Verdict {
  readonly seed: number
  readonly mutants: number
  readonly refused: number
  readonly goJudged: number
  readonly goRefused: number
  readonly seconds: number
  readonly kinds: Readonly<Record<MutantKind, KindVerdict>>
}

/** Judges `count` mutants. `sumdb` is the path of the Go program; null where it can not be built. */
export async function judgeMutants(
  delivered: Delivered,
  seed: number,
  count: number,
  sumdb: string | null,
): Promise<Verdict> {
  const startedAt = performance.now()
  const go = sumdb === null ? null : new GoJudge(sumdb, delivered.verifierKey)
  const kinds = new Map<MutantKind, KindVerdict>()
  for (const kind of Object.keys(mutantKinds) as MutantKind[]) {
    kinds.set(kind, { made: 0, refused: 0, by: {}, goJudged: 0, goRefused: 0 })
  }
  for await (const { kind, files, isUnpacked } of mutantsOf(delivered, seed, count)) {
    const told = kinds.get(kind)
    if (told === undefined) throw new TypeError(`\`${kind}\` is no kind of mutant`)
    const verdict = await verifyPackage(sourceOf(files), delivered.publicKeyPem)
    const by = verdict.checks.at(-1)?.id ?? 'none'
    told.made++
    if (!verdict.ok) {
      told.refused++
      told.by[by] = (told.by[by] ?? 0) + 1
    }
    if (go !== null && isUnpacked) {
      told.goJudged++
      if (await go.refuses(files)) told.goRefused++
    }
  }
  await go?.end()
  const sum = (member: 'made' | 'refused' | 'goJudged' | 'goRefused'): number =>
    [...kinds.values()].reduce((total, each) => total + each[member], 0)
  return {
    seed,
    mutants: sum('made'),
    refused: sum('refused'),
    goJudged: sum('goJudged'),
    goRefused: sum('goRefused'),
    seconds: Math.round((performance.now() - startedAt) / 1000),
    kinds: Object.fromEntries(kinds) as Record<MutantKind, KindVerdict>,
  }
}

function sourceOf(files: Files) {
  return { list: () => [...files.keys()], read: (path: string) => files.get(path) ?? null }
}

/** The Go program as a process that answers one package after the other. */
class GoJudge {
  readonly #child
  readonly #verdicts: AsyncIterator<string>

  constructor(path: string, verifierKey: string) {
    this.#child = spawn(path, ['mutants', verifierKey], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#verdicts = createInterface(this.#child.stdout)[Symbol.asyncIterator]()
  }

  async refuses(files: Files): Promise<boolean> {
    const packed = [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')])
    this.#child.stdin.write(`${JSON.stringify({ files: Object.fromEntries(packed) })}\n`)
    const { value, done } = await this.#verdicts.next()
    if (done === true || !/^(?:accepted|refused: )/u.test(value))
      throw new Error(`the Go program said ${String(value)}`)
    return value !== 'accepted'
  }

  async end(): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#child.stdin.end()
    await gone
  }
}
