/**
 * Receipts in a folder, however a customer's bucket holds them: sidecars beside reports, lines that small reports share,
 * and packages. Only what one of our own keys signed is handed on.
 */
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { DrawbridgeError } from '../../base/index.ts'
import {
  type ReceiptFile,
  type ReceiptFiles,
  type ReceiptParts,
  receiptPaths,
  sidecarSuffix,
  unpackSidecar,
  verifyReceiptAlone,
} from '../../evidence/index.ts'

/** A receipt that verified. */
export interface FoundReceipt {
  readonly parts: ReceiptParts
  readonly files: ReceiptFiles
}

/** What a folder of receipts holds. */
export interface FoundReceipts {
  readonly receipts: readonly FoundReceipt[]
  /** Files that look like receipts and do not verify. */
  readonly refused: readonly string[]
}

const envelope = 'receipt.dsse.json'
const bagFiles = ['bagit.txt', 'bag-info.txt', 'tagmanifest-sha256.txt']

/** Reads every receipt in a folder and beneath. @throws report-unreadable — the folder can not be read */
export async function readReceipts(folder: string, publicKeyPems: readonly string[]): Promise<FoundReceipts> {
  const receipts: FoundReceipt[] = []
  const refused: string[] = []
  for await (const { name, files } of candidates(folder)) {
    const source = {
      list: () => [...(files?.keys() ?? [])],
      read: (path: string) => files?.get(path) ?? null,
    }
    const verdict = files === null ? null : await verifyReceiptAlone(source, publicKeyPems)
    if (verdict?.receipt === undefined) refused.push(name)
    else receipts.push({ parts: verdict.receipt, files: receiptFiles(files ?? new Map()) })
  }
  return { receipts, refused }
}

interface Candidate {
  readonly name: string
  /** Null: not even the form of a receipt. */
  readonly files: ReadonlyMap<string, Uint8Array> | null
}

async function* candidates(folder: string): AsyncGenerator<Candidate> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new DrawbridgeError({
      code: 'report-unreadable',
      message: `\`${folder}\` can not be read`,
      operation: 'evidence.recover',
      help: "give a folder with receipts that were fetched from the customers' buckets",
      cause,
    })
  })
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const place = join(entry.parentPath, entry.name)
    const name = relative(folder, place).split(sep).join('/')
    if (entry.name.endsWith(sidecarSuffix)) yield { name, files: unpacked(await readFile(place, 'utf8')) }
    else if (/^receipts-[0-9a-f]{16}\.jsonl$/u.test(entry.name)) yield* lines(name, await readFile(place, 'utf8'))
    else if (entry.name === envelope) yield { name, files: await packageFiles(dirname(place)) }
  }
}

function* lines(name: string, text: string): Generator<Candidate> {
  for (const [index, line] of text.trimEnd().split('\n').entries()) {
    yield { name: `${name}:${index + 1}`, files: unpacked(receiptOf(line)) }
  }
}

function receiptOf(line: string): string {
  try {
    const told: unknown = JSON.parse(line)
    return typeof told === 'object' && told !== null && 'receipt' in told ? String(told.receipt) : ''
  } catch {
    return ''
  }
}

function unpacked(sidecar: string): Candidate['files'] {
  const files = unpackSidecar(sidecar)
  return files.ok ? new Map(files.value.map(({ path, bytes }) => [path, bytes])) : null
}

async function packageFiles(folder: string): Promise<Candidate['files']> {
  const files = new Map<string, Uint8Array>()
  for (const path of [...receiptPaths, ...bagFiles]) {
    const bytes = await readFile(join(folder, basename(path))).catch(() => null)
    if (bytes !== null) files.set(path, new Uint8Array(bytes))
  }
  return files
}

function receiptFiles(files: ReadonlyMap<string, Uint8Array>): ReceiptFile[] {
  return [...files].map(([path, bytes]) => ({ path, role: bagFiles.includes(path) ? 'tag' : 'receipt', bytes }))
}
