/** A customer's bucket in memory: what it holds, every version of it, and what our rights there allow. No time, no faults. */
import { createHash } from 'node:crypto'
import { DrawbridgeError, type ErrorCode } from '../../src/base/index.ts'
import type { ObjectFacts, PutAnswer, PutOptions, StoredPart } from '../../src/storage/index.ts'
import type { Chance } from './chance.ts'
import type { BucketName } from './schedule.ts'

/** What the customer granted, and how the store behaves. */
export interface Rights {
  readonly service: 's3' | 'azblob'
  readonly purpose: 'export' | 'enrichment'
  /** Multipart, with listing parts and aborting. */
  readonly resume: boolean
  readonly listsUploads: boolean
  /** A SAS token of the letter `c` alone: a second write is refused and not called a conflict. */
  readonly refusesSecondWrite: boolean
  /** How the answer to a write verifies the bytes. */
  readonly echo: 'sha256' | 'md5' | 'nothing'
  /** The store keeps bytes that differ from their announced checksum, and says what it has. */
  readonly isLax: boolean
}

/** One version of an object. */
export interface Version {
  readonly bytes: Buffer
  readonly metadata: Readonly<Record<string, string>>
  readonly writer: 'us' | 'somebody else'
}

interface Upload {
  readonly key: string
  readonly options: PutOptions
  readonly parts: Map<number, { readonly part: StoredPart; readonly bytes: Buffer }>
}

/** Draws the rights of a bucket. */
export function rightsOf(chance: Chance): Rights {
  const none = { resume: false, listsUploads: false, refusesSecondWrite: false, isLax: false }
  const s3 = { ...none, service: 's3', purpose: 'export', echo: 'sha256' } as const
  const kinds: [Rights, ...Rights[]] = [
    s3,
    { ...s3, isLax: true },
    { ...s3, echo: 'md5' },
    { ...s3, resume: true, listsUploads: true, echo: 'md5' },
    { ...s3, resume: true, listsUploads: false, echo: 'nothing' },
    { ...s3, resume: true, listsUploads: true, purpose: 'enrichment' },
    { ...s3, purpose: 'enrichment', isLax: true },
    { ...none, service: 'azblob', purpose: 'export', echo: 'md5' },
    { ...none, service: 'azblob', purpose: 'export', echo: 'md5', refusesSecondWrite: true },
    { ...none, service: 'azblob', purpose: 'export', echo: 'nothing', resume: true },
  ]
  return chance.oneOf(kinds)
}

/** What a bucket holds. Every method is one request, done at one moment. */
export class Bucket {
  readonly name: BucketName
  readonly rights: Rights
  readonly objects = new Map<string, Version[]>()
  readonly uploads = new Map<string, Upload>()
  #serial = 0

  constructor(name: BucketName, rights: Rights) {
    this.name = name
    this.rights = rights
  }

  get location(): string {
    const name = this.name.replace('/', '-')
    return this.rights.service === 's3' ? `s3://${name}` : `https://${name}.blob.example/reports`
  }

  /** Somebody else writes there, without asking anybody. */
  occupy(key: string): void {
    if (this.objects.has(key)) return
    this.objects.set(key, [{ bytes: Buffer.from('not ours'), metadata: {}, writer: 'somebody else' }])
  }

  put(key: string, bytes: Buffer, options: PutOptions): PutAnswer {
    const versions = this.objects.get(key)
    if (versions !== undefined && this.rights.refusesSecondWrite) throw refusal('access-denied', 'put')
    if (versions !== undefined && options.ifAbsent) throw refusal('object-exists', 'put')
    const version: Version = { bytes, metadata: { ...options.metadata }, writer: 'us' }
    this.objects.set(key, [...(versions ?? []), version])
    return this.#answer(bytes, md5(bytes))
  }

  #answer(bytes: Buffer, etag: string): PutAnswer {
    const { echo } = this.rights
    if (echo === 'sha256') return { etag: '"opaque"', checksum: { algorithm: 'sha256', base64: sha256(bytes) } }
    return { etag: echo === 'md5' ? `"${etag}"` : '"opaque"' }
  }

  head(key: string): ObjectFacts | null {
    if (this.rights.purpose === 'export') throw refusal('access-denied', 'head')
    const version = this.objects.get(key)?.at(-1)
    if (version === undefined) return null
    const { bytes, metadata } = version
    const checksum = { algorithm: 'sha256', base64: sha256(bytes) } as const
    return { key, sizeBytes: bytes.length, metadata, ...(this.rights.echo === 'sha256' ? { checksum } : {}) }
  }

  create(key: string, options: PutOptions): string {
    this.#mayResume()
    const id = `upload-${++this.#serial}`
    this.uploads.set(id, { key, options, parts: new Map() })
    return id
  }

  part(key: string, id: string, number: number, bytes: Buffer): StoredPart {
    const part = { number, etag: `"${md5(bytes)}"`, sizeBytes: bytes.length }
    this.#upload(key, id).parts.set(number, { part, bytes })
    return part
  }

  parts(key: string, id: string): StoredPart[] {
    return [...this.#upload(key, id).parts.values()].map(({ part }) => part).sort((a, b) => a.number - b.number)
  }

  complete(key: string, id: string, parts: readonly StoredPart[], options: PutOptions): PutAnswer {
    const upload = this.#upload(key, id)
    const pieces = parts.map(({ number, etag }) => {
      const held = upload.parts.get(number)
      if (held?.part.etag !== etag) throw refusal('upload-not-found', 'complete')
      return held.bytes
    })
    const bytes = Buffer.concat(pieces)
    const etags = Buffer.concat(pieces.map((piece) => createHash('md5').update(piece).digest()))
    this.put(key, bytes, { ...upload.options, ifAbsent: options.ifAbsent })
    this.uploads.delete(id)
    return this.#answer(bytes, `${md5(etags)}-${pieces.length}`)
  }

  abort(key: string, id: string): void {
    this.#mayResume()
    if (this.uploads.get(id)?.key === key) this.uploads.delete(id)
  }

  pending(prefix: string): { key: string; uploadId: string }[] {
    if (!this.rights.listsUploads) throw refusal('access-denied', 'listUploads')
    const open = [...this.uploads].filter(([, { key }]) => key.startsWith(prefix))
    return open.map(([uploadId, { key }]) => ({ key, uploadId }))
  }

  #upload(key: string, id: string): Upload {
    this.#mayResume()
    const upload = this.uploads.get(id)
    if (upload?.key !== key) throw refusal('upload-not-found', 'upload')
    return upload
  }

  #mayResume(): void {
    if (!this.rights.resume) throw refusal('access-denied', 'upload')
  }
}

/** A definite answer of the store, after which nothing was made. */
export function refusal(code: ErrorCode, operation: string): DrawbridgeError {
  return new DrawbridgeError({ code, message: `the store answers ${code}`, operation: `sim:${operation}` })
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64')
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}
