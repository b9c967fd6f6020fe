/** The last word: what lies in the customer's buckets is checked with tools that are not ours. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { SetupKit } from '../src/contract/index.ts'
import { sidecarSuffix, unpackSidecar } from '../src/evidence/index.ts'
import { downloadBlobs } from './azure.ts'
import type { Customer, CustomerNames } from './customer.ts'
import type { Stage } from './stage.ts'
import type { Story } from './story.ts'

const run = promisify(execFile)

export interface Proof {
  readonly story: Story
  readonly root: string
  readonly stage: Stage
  readonly kit: SetupKit
  readonly folder: string
  readonly cast: {
    readonly names: CustomerNames
    readonly customer: Customer
    readonly s3: string
    readonly azure: string
    readonly person: { readonly delivery: { show(input: { id: string }): Promise<DeliveredKeys> } }
  }
  /** The delivery whose packages are fetched. */
  readonly delivery: string
}

interface DeliveredKeys {
  readonly targets: readonly { readonly connection: string; readonly keys: readonly string[] }[]
}

/** Writes text files below a folder. */
export function saveFiles(folder: string, files: readonly { readonly path: string; readonly text: string }[]): void {
  for (const file of files) save(path.join(folder, file.path), file.text)
}

function save(file: string, content: string | Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, content)
}

/** Fetches the packages of both targets as the customer, and checks them with `sha256sum`, `openssl` and offline with ours. */
export async function checkPackages(proof: Proof): Promise<void> {
  const key = path.join(proof.folder, 'kit', 'evidence-key.pem')
  const { targets } = await proof.cast.person.delivery.show({ id: proof.delivery })
  for (const target of targets) {
    const folder = await fetchPackage(proof, target.connection, target.keys)
    await checkOne(proof, folder, key)
  }
  proof.story.line('check them again yourself, in either folder:')
  proof.story.line(`  cd ${path.join(proof.folder, 'packages', proof.cast.s3)}`)
  proof.story.line('  sha256sum -c manifest-sha256.txt')
  proof.story.line(`  openssl pkeyutl -verify -pubin -inkey ${key} -rawin -in receipt.signed -sigfile receipt.sig`)
}

async function fetchPackage(proof: Proof, connection: string, keys: readonly string[]): Promise<string> {
  const { prefix, base } = placeOf(keys)
  const { cast, stage, folder } = proof
  const target = path.join(folder, 'packages', connection)
  const sidecars: string[] = []
  const fileOf = (key: string): string => {
    const file = path.join(target, key.slice(base.length))
    mkdirSync(path.dirname(file), { recursive: true })
    if (key.endsWith(sidecarSuffix)) sidecars.push(file)
    return file
  }
  if (connection === cast.s3) await cast.customer.download(cast.names, prefix, fileOf)
  else await downloadBlobs(stage.azurite, cast.azure.replace('acme-azure-', 'audit-'), prefix, fileOf)
  for (const sidecar of sidecars) unpack(target, readFileSync(sidecar))
  return target
}

/** The objects of one delivery: the folder above `data/` of a package, or the one object and what begins with its key. */
function placeOf(keys: readonly string[]): { prefix: string; base: string } {
  const [first = ''] = keys
  const data = first.indexOf('/data/')
  if (data !== -1) return { prefix: first.slice(0, data + 1), base: first.slice(0, data + 1) }
  return { prefix: first, base: first.slice(0, first.lastIndexOf('/') + 1) }
}

/** Lays the evidence of a one-file report out as files, so that the shell can read it. */
function unpack(folder: string, bytes: Uint8Array): void {
  const files = unpackSidecar(new TextDecoder().decode(bytes))
  if (!files.ok) throw new Error('the receipt beside the report can not be read')
  for (const file of files.value) save(path.join(folder, file.path), file.bytes)
}

async function checkOne(proof: Proof, folder: string, key: string): Promise<void> {
  const { story, root } = proof
  const name = path.basename(folder)
  const sums = await run('sha256sum', ['-c', 'manifest-sha256.txt'], { cwd: folder })
  story.good(`${name}: sha256sum -c manifest-sha256.txt: ${sums.stdout.trim().split('\n').join('; ')}`)
  const words = [
    'pkeyutl',
    '-verify',
    '-pubin',
    '-inkey',
    key,
    '-rawin',
    '-in',
    'receipt.signed',
    '-sigfile',
    'receipt.sig',
  ]
  const signature = await run('openssl', words, { cwd: folder })
  story.good(`${name}: openssl pkeyutl -verify: ${signature.stdout.trim()}`)
  const verify = [path.join(root, 'src/cli/main.ts'), 'receipt', 'verify', folder, '--key', key]
  const ours = await run(process.execPath, verify, { env: { PATH: process.env['PATH'], NO_COLOR: '1' } })
  story.good(`${name}: drawbridge receipt verify: ${ours.stdout.trim().split('\n').at(-1)}`)
}
