/**
 * Packages that somebody tampered with, made from real ones by chance with a seed: by accident, by a stranger with keys of
 * his own, and by whoever had the pinned key once and wants the history to be another. No mutant is a package that was
 * ever delivered, and none is made twice.
 */
import { createHash, type KeyObject, sign } from 'node:crypto'
import {
  evidenceKeyId,
  exportPublicKeyPem,
  generateEvidenceKey,
  parseCheckpoint,
  parseTlogProof,
  proveInclusion,
  signCheckpoint,
  treeHash,
  writeTlogProof,
} from '../../src/evidence/index.ts'
import { Chance } from '../simulation/chance.ts'
import { type Delivered, type DeliveredPackage, type Files, sharedPackages, textOf } from './delivered.ts'

/** What is done to packages, and how many of 10,000 mutants are of that kind. */
export const mutantKinds = {
  'a bit flipped': 2600,
  'bytes cut out': 1300,
  'bytes inserted': 1300,
  'files swapped': 400,
  'lines reordered': 500,
  'files added': 500,
  'files removed': 300,
  'signed again with another key': 900,
  'rolled back to an older checkpoint': 700,
  'the receipt of another delivery': 500,
  'another report with a manifest that fits': 500,
  'another proof of the log': 500,
} as const

export type MutantKind = keyof typeof mutantKinds

/** A package that must be refused. */
export interface Mutant {
  readonly kind: MutantKind
  readonly files: Files
  /** False: the receipt is packed in a sidecar, which only Drawbridge unpacks. */
  readonly isUnpacked: boolean
}

type Made = { readonly files: Files; readonly isUnpacked: boolean }

/** Makes `count` mutants, in the proportions of `mutantKinds`. The same seed makes the same choices. */
export async function* mutantsOf(delivered: Delivered, seed: number, count: number): AsyncGenerator<Mutant> {
  const maker = new Maker(delivered, new Chance(seed, 'mutants'))
  const seen = new Set([...maker.packages].flatMap(({ files, objects }) => [digestOf(files), digestOf(objects)]))
  const whole = Object.values(mutantKinds).reduce((sum, part) => sum + part, 0)
  for (const [kind, part] of Object.entries(mutantKinds) as [MutantKind, number][]) {
    for (let made = 0; made < Math.ceil((part * count) / whole); ) {
      const mutant = await maker.make(kind)
      const digest = digestOf(mutant.files)
      if (seen.has(digest)) continue
      seen.add(digest)
      made++
      yield { kind, ...mutant }
    }
  }
}

class Maker {
  readonly packages: readonly [DeliveredPackage, ...DeliveredPackage[]]
  readonly #delivered: Delivered
  readonly #chance: Chance

  constructor(delivered: Delivered, chance: Chance) {
    const [first, ...others] = [...delivered.packages, ...sharedPackages(delivered.shared).slice(0, 6)]
    if (first === undefined) throw new TypeError('mutants are made from packages')
    this.packages = [first, ...others]
    this.#delivered = delivered
    this.#chance = chance
  }

  async make(kind: MutantKind): Promise<Made> {
    switch (kind) {
      case 'a bit flipped':
        return this.#spoil((bytes) => this.#flip(bytes))
      case 'bytes cut out':
        return this.#spoil((bytes) => this.#cut(bytes))
      case 'bytes inserted':
        return this.#spoil((bytes) => this.#insert(bytes))
      case 'files swapped':
        return this.#swap()
      case 'lines reordered':
        return this.#reorder()
      case 'files added':
        return this.#add()
      case 'files removed':
        return this.#remove()
      case 'signed again with another key':
        return this.#signAgain()
      case 'rolled back to an older checkpoint':
        return await this.#rollBack()
      case 'the receipt of another delivery':
        return this.#mixReceipts()
      case 'another report with a manifest that fits':
        return this.#fitManifest()
      case 'another proof of the log':
        return this.#changeProof()
    }
  }

  /** One file of a package changed, in the form in which it lies in the bucket or unpacked. */
  #spoil(change: (bytes: Uint8Array) => Uint8Array): Made {
    const { files, objects, form } = this.#package()
    const isUnpacked = form === 'bag' || this.#chance.happens(0.7)
    const all = isUnpacked ? files : objects
    const path = this.#pick([...all.keys()])
    return { files: new Map(all).set(path, change(all.get(path) ?? new Uint8Array())), isUnpacked }
  }

  #flip(bytes: Uint8Array): Uint8Array {
    const flipped = new Uint8Array(bytes)
    if (bytes.length === 0) return this.#insert(bytes)
    const at = this.#chance.between(0, bytes.length - 1)
    flipped[at] = (flipped[at] ?? 0) ^ (1 << this.#chance.between(0, 7))
    return flipped
  }

  #cut(bytes: Uint8Array): Uint8Array {
    const at = this.#chance.between(0, bytes.length)
    const length = this.#chance.happens(0.5) ? bytes.length : this.#chance.between(1, 64)
    return joined(bytes.subarray(0, at), bytes.subarray(at + length))
  }

  #insert(bytes: Uint8Array): Uint8Array {
    const at = this.#chance.between(0, bytes.length)
    // Newlines and blanks are what parsers tend to forgive.
    const inserted = this.#chance.happens(0.3)
      ? Buffer.from(this.#chance.oneOf(['\n', ' ', '\r\n', '\t', '\0', '\uFEFF']))
      : this.#chance.bytes(this.#chance.between(1, 40))
    return joined(bytes.subarray(0, at), inserted, bytes.subarray(at))
  }

  #swap(): Made {
    const { files } = this.#package()
    const paths = this.#some([...files.keys()], this.#chance.between(2, 4))
    const swapped = new Map(files)
    for (const [nth, path] of paths.entries()) {
      swapped.set(path, files.get(paths[(nth + 1) % paths.length] ?? path) ?? new Uint8Array())
    }
    return { files: swapped, isUnpacked: true }
  }

  #reorder(): Made {
    const { files } = this.#package()
    const path = this.#pick([...files.keys()].filter((each) => textOf(files, each).split('\n').length > 3))
    const lines = textOf(files, path).split('\n').slice(0, -1)
    const ordered = `${this.#some(lines, lines.length).join('\n')}\n`
    return { files: new Map(files).set(path, Buffer.from(ordered)), isUnpacked: true }
  }

  #add(): Made {
    const { files, form } = this.#package()
    const folder = form === 'bag' && this.#chance.happens(0.6) ? 'data/' : ''
    const names = [
      'more.csv',
      'evidence-key.pem',
      'checkpoint.tsr',
      '.hidden',
      'receipt.sig.bak',
      'VERIFY.txt',
      'x',
    ] as const
    const added = new Map(files)
    for (let nth = this.#chance.between(1, 3); nth > 0; nth--) {
      const name = `${folder}${this.#chance.happens(0.3) ? `${this.#chance.between(0, 999)}-` : ''}${this.#chance.oneOf(names)}`
      if (!files.has(name)) added.set(name, this.#chance.bytes(this.#chance.between(0, 50)))
    }
    return { files: added, isUnpacked: true }
  }

  #remove(): Made {
    const { files } = this.#package()
    const kept = new Map(files)
    for (const path of this.#some([...files.keys()], this.#chance.between(1, 4))) kept.delete(path)
    return { files: kept, isUnpacked: true }
  }

  /** A stranger signs with a key of his own: everything or a part of it, an honest report or one of his making. */
  #signAgain(): Made {
    const stranger = generateEvidenceKey(this.#chance)
    const way = this.#chance.between(0, 3)
    let files = new Map(this.#package().files)
    if (way === 3) files = this.#withOtherReport(files)
    if (way !== 1) signReceipt(files, stranger.privateKey)
    if (way !== 2) {
      const head = parseCheckpoint(textOf(files, 'checkpoint'))
      if (!head.ok) throw new TypeError('a delivered checkpoint can be read')
      setCheckpoint(files, signCheckpoint(head.value, stranger.privateKey))
    }
    if (this.#chance.happens(0.3)) files.set('evidence-key.pem', Buffer.from(exportPublicKeyPem(stranger.publicKey)))
    return { files, isUnpacked: true }
  }

  /** The pinned key signed this checkpoint too, but it is not the one of the receipt. */
  async #rollBack(): Promise<Made> {
    const { entries, key, read } = this.#delivered
    const files = new Map(this.#package().files)
    const proof = parseTlogProof(textOf(files, 'receipt.tlog-proof'))
    const head = parseCheckpoint(textOf(files, 'checkpoint'))
    if (!proof.ok || !head.ok) throw new TypeError('a delivered proof can be read')
    const { index } = proof.value
    const treeSize = this.#chance.between(1, entries.length)
    const rootHash = await treeHash(treeSize, read)
    const checkpoint = signCheckpoint({ origin: head.value.origin, treeSize, rootHash }, key.privateKey)
    const way = this.#chance.between(0, 2)
    if (way !== 1) files.set('checkpoint', Buffer.from(checkpoint))
    if (way !== 0) {
      const hashes = index < treeSize ? await proveInclusion(treeSize, index, read) : proof.value.hashes
      files.set('receipt.tlog-proof', Buffer.from(writeTlogProof({ index, hashes, checkpoint })))
    }
    return { files, isUnpacked: true }
  }

  /** Some files of the evidence, or all, are those of another delivery. */
  #mixReceipts(): Made {
    const [here, there] = this.#some(this.packages, 2)
    const files = new Map(here?.files)
    const evidence = [...(there?.files ?? [])].filter(([path]) => !isReport(path, there))
    const taken = this.#chance.happens(0.3) ? evidence : this.#some(evidence, this.#chance.between(1, evidence.length))
    for (const [path, bytes] of taken) files.set(path, bytes)
    if (this.#chance.happens(0.2)) {
      // The report goes under the name that the other receipt knows.
      const [path = ''] = [...files.keys()].filter((each) => isReport(each, here))
      const [name = ''] = [...(there?.files.keys() ?? [])].filter((each) => isReport(each, there))
      files.set(name, files.get(path) ?? new Uint8Array())
      if (name !== path) files.delete(path)
    }
    return { files, isUnpacked: true }
  }

  #fitManifest(): Made {
    let files = new Map(this.#package().files)
    files = this.#withOtherReport(files)
    return { files, isUnpacked: true }
  }

  /** Changes a file of the report, and every unsigned or signed text that tells its hash; signs nothing. */
  #withOtherReport(before: Files): Map<string, Uint8Array> {
    const files = new Map(before)
    const reports = textOf(files, 'manifest-sha256.txt')
      .split('\n')
      .slice(0, -1)
      .map((line) => line.slice(66))
    const path = this.#pick(reports)
    const old = files.get(path) ?? new Uint8Array()
    const forged = this.#insert(this.#flip(old))
    files.set(path, forged)
    const texts = ['manifest-sha256.txt', 'tagmanifest-sha256.txt', 'receipt.entry.json', 'receipt.signed'] as const
    const upTo = this.#chance.between(1, texts.length)
    const hashes: [string, string][] = [[hashOf(old), hashOf(forged)]]
    for (const text of texts.slice(0, upTo)) {
      const was = files.get(text)
      if (was === undefined) continue
      let content = Buffer.from(was).toString('latin1')
      for (const [from, to] of hashes) content = content.replaceAll(from, to)
      if (text === 'receipt.signed')
        content = content.replaceAll(`"sizeBytes":${old.length}`, `"sizeBytes":${forged.length}`)
      const now = Buffer.from(content, 'latin1')
      files.set(text, now)
      hashes.push([hashOf(was), hashOf(now)])
    }
    return files
  }

  #changeProof(): Made {
    const files = new Map(this.#package().files)
    const [head = '', checkpoint = ''] = splitAtBlank(textOf(files, 'receipt.tlog-proof'))
    const [first = '', index = '', ...hashes] = head.split('\n')
    const at = this.#chance.between(0, Math.max(0, hashes.length - 1))
    const other = Buffer.from(this.#chance.bytes(32)).toString('base64')
    const changed = [
      () => [first, `index ${this.#chance.between(0, 4000)}`, ...hashes],
      () => [first, index, ...hashes.toSpliced(at, 1)],
      () => [first, index, ...hashes.toSpliced(at, 0, other)],
      () => [first, index, ...hashes.with(at, other)],
      () => [first, index, ...this.#some(hashes, hashes.length)],
      () => [first, `extra ${other}`, index, ...hashes],
      () => [first, index, ...hashes, ...hashes.slice(0, at + 1)],
      () => [`${first}${this.#chance.between(0, 99)}`, index, ...hashes],
    ] as const
    const way = hashes.length === 0 ? changed[0] : this.#chance.oneOf(changed)
    files.set('receipt.tlog-proof', Buffer.from(`${way().join('\n')}\n\n${checkpoint}`))
    return { files, isUnpacked: true }
  }

  #package(): DeliveredPackage {
    return this.#chance.oneOf(this.packages)
  }

  #pick<T>(values: readonly T[]): T {
    const [first, ...others] = values
    if (first === undefined) throw new TypeError('nothing to pick from')
    return this.#chance.oneOf([first, ...others])
  }

  /** Some of the values, in an order of chance. */
  #some<T>(values: readonly T[], count: number): T[] {
    const left = [...values]
    const some: T[] = []
    while (some.length < count && left.length > 0) {
      some.push(...left.splice(this.#chance.between(0, left.length - 1), 1))
    }
    return some
  }
}

/** Signs the receipt's bytes as they are, and makes the envelope fit. */
function signReceipt(files: Map<string, Uint8Array>, key: KeyObject): void {
  const signed = files.get('receipt.signed') ?? new Uint8Array()
  const signature = sign(null, signed, key)
  const payload = Buffer.from(signed).subarray(Buffer.from(signed).indexOf('{'))
  const envelope = {
    payload: payload.toString('base64'),
    payloadType: 'application/vnd.in-toto+json',
    signatures: [{ keyid: evidenceKeyId(key), sig: signature.toString('base64') }],
  }
  files.set('receipt.sig', signature)
  files.set('receipt.dsse.json', Buffer.from(`${JSON.stringify(envelope)}\n`))
}

function setCheckpoint(files: Map<string, Uint8Array>, checkpoint: string): void {
  const [head] = splitAtBlank(textOf(files, 'receipt.tlog-proof'))
  files.set('checkpoint', Buffer.from(checkpoint))
  files.set('receipt.tlog-proof', Buffer.from(`${head}\n\n${checkpoint}`))
}

function splitAtBlank(text: string): string[] {
  const at = text.indexOf('\n\n')
  return [text.slice(0, at), text.slice(at + 2)]
}

function isReport(path: string, of: DeliveredPackage | undefined): boolean {
  return of?.form === 'bag' ? path.startsWith('data/') : path === [...(of?.objects.keys() ?? [])][0]
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function digestOf(files: Files): string {
  const lines = [...files].map(([path, bytes]) => `${hashOf(bytes)} ${path}`).sort()
  return hashOf(Buffer.from(lines.join('\n')))
}
