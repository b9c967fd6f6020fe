/**
 * The statement as canonical text, written in one pass: its members are known, so their order need not be found out again
 * for every receipt. The log entry says most of the same, in the same words.
 */
import { canonicalJson } from './canonical-json.ts'
import type { ReceiptFacts, ReceiptObject, ReceiptParts, ReceiptTarget } from './receipt-facts.ts'

/** The action of the log entry to which a receipt belongs. */
export const deliveredAction = 'delivery.delivered'

const statementUri = 'https://in-toto.io/Statement/v1'
const predicateUri = 'https://drawbridge.dev/receipt/v1'

/** Members of statement and entry, in pieces between which only one of them has others. */
export interface FactsText {
  readonly acceptedAt: string
  readonly actor: string
  readonly deliveredAt: string
  readonly delivery: string
  /** With a comma before it, or nothing. */
  readonly failoverReason: string
  /** `objects`, `period` and `report`. */
  readonly described: string
  /** `target` and `verificationLevel`. */
  readonly placed: string
}

/** Writes the facts' members. @throws TypeError when a fact has no canonical form. */
export function factsText(facts: ReceiptFacts): FactsText {
  const objects = facts.objects.map(objectText).join(',')
  return {
    acceptedAt: `"acceptedAt":${canonicalJson(facts.acceptedAt)}`,
    actor: `"actor":${canonicalJson(facts.actor)}`,
    deliveredAt: `"deliveredAt":${canonicalJson(facts.deliveredAt)}`,
    delivery: canonicalJson(facts.delivery),
    failoverReason: told(',"failoverReason":', facts.failoverReason, ''),
    described: `"objects":[${objects}],"period":${canonicalJson(facts.period)},"report":${canonicalJson(facts.report)}`,
    placed: `"target":${targetText(facts.target)},"verificationLevel":${canonicalJson(facts.verificationLevel)}`,
  }
}

/** Writes the statement of facts of which `text` was written, as canonical JSON. @throws TypeError as `factsText` */
export function statementText({ facts, tags, log }: ReceiptParts, text: FactsText): string {
  const { acceptedAt, actor, deliveredAt, delivery, failoverReason, described, placed } = text
  const subjects = facts.objects.map((object) => subjectText(facts.target, object)).join(',')
  const hashes = tags.map(({ path, sha256 }) => `{"path":${canonicalJson(path)},"sha256":${canonicalJson(sha256)}}`)
  const logged =
    `{"origin":${canonicalJson(log.origin)},"rootHash":${canonicalJson(log.rootHash)}` +
    `,"seq":${canonicalJson(log.seq)},"treeSize":${canonicalJson(log.treeSize)}}`
  return (
    `{"_type":"${statementUri}","predicate":{${acceptedAt},${actor},${deliveredAt},"delivery":${delivery}${failoverReason}` +
    `,"log":${logged},${described},"tags":[${hashes.join(',')}],${placed}}` +
    `,"predicateType":"${predicateUri}","subject":[${subjects}]}`
  )
}

/** What follows on the fields of an entry, in one that is not the log's first; names are plain. */
const entryEnd =
  /^,"prev":"[0-9a-f]{64}","seq":[1-9][0-9]{0,14},"subject":("[!#-[\]-~]*"),"tenant":"[!#-[\]-~]*","time":"[!#-[\]-~]*"\}$/

/**
 * Tells whether an entry is to the letter one that says everything the receipt says. False: it may still be one that
 * says so in other words.
 */
export function isEntryToTheLetter(entryJson: string, text: FactsText): boolean {
  const { acceptedAt, actor, deliveredAt, delivery, failoverReason, described, placed } = text
  const start =
    `{"action":"${deliveredAction}",${actor},"fields":` +
    `{${acceptedAt},${deliveredAt}${failoverReason},${described},${placed}}`
  return entryJson.startsWith(start) && entryEnd.exec(entryJson.slice(start.length))?.[1] === delivery
}

/** The address of an object: the location and the key; in a URL the key's parts are percent-encoded. */
export function objectUri(location: string, key: string): string {
  const base = location.endsWith('/') ? location.slice(0, -1) : location
  const isUrl = base.startsWith('https://') || base.startsWith('http://')
  return `${base}/${isUrl ? key.split('/').map(encodeURIComponent).join('/') : key}`
}

function subjectText({ location }: ReceiptTarget, { key, sha256 }: ReceiptObject): string {
  return `{"digest":{"sha256":${canonicalJson(sha256)}},"name":${canonicalJson(objectUri(location, key))}}`
}

function targetText({ service, location, bucketOwner, principal }: ReceiptTarget): string {
  const owner = told('"bucketOwner":', bucketOwner, ',')
  return `{${owner}"location":${canonicalJson(location)}${told(',"principal":', principal, '')},"service":${canonicalJson(service)}}`
}

function objectText({ checksum, etag, key, path, requestId, sha256, sizeBytes, versionId }: ReceiptObject): string {
  const summed =
    checksum === undefined
      ? ''
      : `"checksum":{"algorithm":${canonicalJson(checksum.algorithm)},"base64":${canonicalJson(checksum.base64)}},`
  return (
    `{${summed}${told('"etag":', etag, ',')}"key":${canonicalJson(key)},"path":${canonicalJson(path)}` +
    `${told(',"requestId":', requestId, '')},"sha256":${canonicalJson(sha256)},"sizeBytes":${canonicalJson(sizeBytes)}` +
    `${told(',"versionId":', versionId, '')}}`
  )
}

/** A member between what stands around it; nothing of what the store did not say, for canonical JSON knows no `undefined`. */
function told(before: string, value: string | undefined, after: string): string {
  return value === undefined ? '' : before + canonicalJson(value) + after
}
