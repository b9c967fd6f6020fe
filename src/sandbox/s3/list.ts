/** Listings: buckets, objects (both versions of the call), object versions. */

import { decide } from '../access/authorize.ts'
import { notAuthorized, reasonClause } from '../access/denial.ts'
import { queryValue } from '../http/call.ts'
import { element, leaf, xmlDocument } from '../http/xml.ts'
import { uriEncode } from '../signature/canonical.ts'
import { type Bucket, compareUtf8, type ObjectVersion, type StoredObject } from './bucket.ts'
import { s3Namespace } from './objects.ts'
import {
  accessDenied,
  allowBucket,
  existingBucket,
  invalidArgument,
  type S3Operation,
  type S3Request,
} from './request.ts'

const mostKeys = 1000

export const listBuckets: S3Operation = (request) => {
  const { caller, state } = request
  if (caller.kind === 'anonymous') throw accessDenied()
  const action = 's3:ListAllMyBuckets'
  const question = {
    action,
    resource: 'arn:aws:s3:::*',
    resourceAccount: caller.accountId,
    resourcePolicy: null,
    context: request.context,
  }
  const evaluation = decide(state.world, caller, question, request.record)
  if (evaluation.decision !== 'allowed') {
    throw accessDenied(`${notAuthorized(caller, action)}${reasonClause(evaluation, action)}`)
  }
  const buckets = [...state.buckets.values()]
    .filter((bucket) => bucket.accountId === caller.accountId)
    .sort((a, b) => compareUtf8(a.name, b.name))
    .map((bucket) =>
      element(
        'Bucket',
        leaf('Name', bucket.name),
        leaf('CreationDate', bucket.createdAt.toISOString()),
        leaf('BucketRegion', bucket.region),
      ),
    )
  return xmlAnswer('ListAllMyBucketsResult', owner(caller.accountId), element('Buckets', ...buckets))
}

export const listObjectsV2: S3Operation = (request) => {
  const bucket = existingBucket(request)
  const page = readPage(request, bucket)
  const token = queryValue(request.call, 'continuation-token')
  const startAfter = queryValue(request.call, 'start-after')
  const after = token === undefined ? startAfter : Buffer.from(token, 'base64url').toString('utf8')
  const { entries, prefixes, next } = collect(bucket, page, after)
  const withOwner = queryValue(request.call, 'fetch-owner') === 'true'
  return xmlAnswer(
    'ListBucketResult',
    leaf('Name', bucket.name),
    leaf('Prefix', page.encode(page.prefix)),
    token === undefined ? null : leaf('ContinuationToken', token),
    startAfter === undefined ? null : leaf('StartAfter', page.encode(startAfter)),
    next === null ? null : leaf('NextContinuationToken', Buffer.from(next, 'utf8').toString('base64url')),
    leaf('KeyCount', entries.length + prefixes.length),
    ...pageElements(page, next),
    ...entries.map(([key, object]) => objectElement('Contents', page.encode(key), object, withOwner)),
    ...prefixes.map((prefix) => element('CommonPrefixes', leaf('Prefix', page.encode(prefix)))),
  )
}

export const listObjects: S3Operation = (request) => {
  const bucket = existingBucket(request)
  const page = readPage(request, bucket)
  const marker = queryValue(request.call, 'marker')
  const { entries, prefixes, next } = collect(bucket, page, marker)
  return xmlAnswer(
    'ListBucketResult',
    leaf('Name', bucket.name),
    leaf('Prefix', page.encode(page.prefix)),
    leaf('Marker', page.encode(marker ?? '')),
    next === null || page.delimiter === '' ? null : leaf('NextMarker', page.encode(next)),
    ...pageElements(page, next),
    ...entries.map(([key, object]) => objectElement('Contents', page.encode(key), object, true)),
    ...prefixes.map((prefix) => element('CommonPrefixes', leaf('Prefix', page.encode(prefix)))),
  )
}

export const listObjectVersions: S3Operation = (request) => {
  const bucket = existingBucket(request)
  const page = readPage(request, bucket, 's3:ListBucketVersions')
  const marker = queryValue(request.call, 'key-marker')
  const versions: string[] = []
  let next: string | null = null
  let previous: string | null = null
  for (const key of keysAfter(bucket, page.prefix, marker)) {
    // Whole keys only: a page ends between two keys, and so may hold a few versions more than asked for.
    if (versions.length >= page.limit) {
      next = previous
      break
    }
    previous = key
    const held = [...bucket.versions(key)].reverse()
    versions.push(...held.map((version, index) => versionElement(page.encode(key), version, index === 0)))
  }
  return xmlAnswer(
    'ListVersionsResult',
    leaf('Name', bucket.name),
    leaf('Prefix', page.encode(page.prefix)),
    leaf('KeyMarker', page.encode(marker ?? '')),
    next === null ? null : leaf('NextKeyMarker', page.encode(next)),
    ...pageElements(page, next),
    ...versions,
  )
}

interface Page {
  readonly prefix: string
  readonly delimiter: string
  readonly limit: number
  readonly encoding: string | undefined
  encode(text: string): string
}

function readPage(request: S3Request, bucket: Bucket, action = 's3:ListBucket'): Page {
  const { call } = request
  const [prefix, delimiter, keys] = [
    queryValue(call, 'prefix'),
    queryValue(call, 'delimiter'),
    queryValue(call, 'max-keys'),
  ]
  allowBucket(request, bucket, action, {
    ...(prefix === undefined ? {} : { 's3:prefix': prefix }),
    ...(delimiter === undefined ? {} : { 's3:delimiter': delimiter }),
    ...(keys === undefined ? {} : { 's3:max-keys': keys }),
  })
  if (keys !== undefined && !/^\d{1,10}$/.test(keys)) {
    throw invalidArgument('max-keys', keys, 'Provided max-keys not an integer or within integer range')
  }
  const encoding = queryValue(call, 'encoding-type')
  if (encoding !== undefined && encoding !== 'url') {
    throw invalidArgument('encoding-type', encoding, 'Invalid Encoding Method specified in Request')
  }
  const encode = encoding === 'url' ? (text: string) => uriEncode(text).replaceAll('%2F', '/') : (text: string) => text
  const limit = keys === undefined ? mostKeys : Math.min(Number(keys), mostKeys)
  return { prefix: prefix ?? '', delimiter: delimiter ?? '', limit, encoding, encode }
}

function pageElements(page: Page, next: string | null): readonly (string | null)[] {
  return [
    leaf('MaxKeys', page.limit),
    page.delimiter === '' ? null : leaf('Delimiter', page.encode(page.delimiter)),
    page.encoding === undefined ? null : leaf('EncodingType', page.encoding),
    leaf('IsTruncated', next !== null),
  ]
}

interface Collected {
  readonly entries: readonly (readonly [string, StoredObject])[]
  readonly prefixes: readonly string[]
  /** After which key or common prefix the next page begins; null on the last page. */
  readonly next: string | null
}

function collect(bucket: Bucket, page: Page, after: string | undefined): Collected {
  const entries: (readonly [string, StoredObject])[] = []
  const prefixes: string[] = []
  let last: string | null = null
  for (const key of keysAfter(bucket, page.prefix, after)) {
    const object = bucket.current(key)
    if (object === null) continue
    const common = commonPrefix(key, page)
    if (common !== null && (common === last || (after?.startsWith(common) ?? false))) continue
    if (entries.length + prefixes.length >= page.limit)
      return { entries, prefixes, next: page.limit === 0 ? null : last }
    if (common === null) entries.push([key, object])
    else prefixes.push(common)
    last = common ?? key
  }
  return { entries, prefixes, next: null }
}

function commonPrefix(key: string, page: Page): string | null {
  if (page.delimiter === '') return null
  const end = key.indexOf(page.delimiter, page.prefix.length)
  return end === -1 ? null : key.slice(0, end + page.delimiter.length)
}

function* keysAfter(bucket: Bucket, prefix: string, after: string | undefined): Generator<string> {
  const keys = bucket.keys()
  let index = firstAtLeast(keys, prefix)
  if (after !== undefined) index = Math.max(index, firstAtLeast(keys, after))
  for (; index < keys.length; index += 1) {
    const key = keys[index] ?? ''
    if (!key.startsWith(prefix)) return
    if (key !== after) yield key
  }
}

function firstAtLeast(keys: readonly string[], wanted: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareUtf8(keys[middle] ?? '', wanted) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function objectElement(name: string, key: string, object: StoredObject, withOwner: boolean): string {
  return element(
    name,
    leaf('Key', key),
    leaf('LastModified', object.lastModified.toISOString()),
    leaf('ETag', `"${object.etag}"`),
    object.checksum === null ? null : leaf('ChecksumAlgorithm', object.checksum.algorithm),
    object.checksum === null ? null : leaf('ChecksumType', object.checksum.type),
    leaf('Size', object.sizeBytes),
    leaf('StorageClass', object.headers.storageClass),
    withOwner ? owner(object.ownerAccount) : null,
  )
}

function versionElement(key: string, version: ObjectVersion, isLatest: boolean): string {
  const common = [
    leaf('Key', key),
    leaf('VersionId', version.versionId),
    leaf('IsLatest', isLatest),
    leaf('LastModified', version.lastModified.toISOString()),
    owner(version.ownerAccount),
  ]
  if (version.kind === 'marker') return element('DeleteMarker', ...common)
  return element(
    'Version',
    ...common,
    leaf('ETag', `"${version.etag}"`),
    leaf('Size', version.sizeBytes),
    leaf('StorageClass', version.headers.storageClass),
  )
}

/** S3 names owners by a canonical user id: 64 digits that stand for the account. */
export function canonicalUserId(accountId: string): string {
  return accountId.padStart(64, '0')
}

/** The owner as listings show it. */
export function owner(accountId: string, name = 'Owner'): string {
  return element(name, leaf('ID', canonicalUserId(accountId)), leaf('DisplayName', accountId))
}

/** An XML answer in S3's namespace. */
export function xmlAnswer(root: string, ...children: readonly (string | null)[]) {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument(root, s3Namespace, ...children),
  }
}
