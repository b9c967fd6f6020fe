/**
 * Changes of our own settings that could satisfy, or no longer trip, one condition: another STS Region, a session tag
 * from a claim that is really there, an ACL or encryption header. Candidates only: whether one helps is decided by
 * evaluating the call again. A claim is never invented, and a tag that is already sent is never given another value.
 */

import type { ApiCall, Encryption, PutObjectCall } from '../operations/index.ts'
import { quote } from '../read/index.ts'
import type { ConditionOutcome } from '../types.ts'
import { nothingElse, type Step } from './proposal.ts'
import type { Refusal } from './refusal.ts'

/** Lists the changes on our own side that concern one condition. */
export function ownSteps(refusal: Refusal, condition: ConditionOutcome): Step[] {
  const key = condition.key.toLowerCase()
  const { call } = refusal.situation
  const tag = /^aws:(?:request|principal)tag\/(.+)$/is.exec(condition.key)?.[1]
  if (tag !== undefined) return mapTag(refusal, tag)
  if (key === 'aws:tagkeys') {
    return [...condition.wanted.flatMap((wanted) => mapTag(refusal, wanted)), ...dropTags(refusal, condition)]
  }
  if (key === 'aws:requestedregion' && call.operation === 'sts:AssumeRole') return otherRegions(refusal, condition)
  if (call.operation !== 's3:PutObject') return []
  if (key === 's3:x-amz-acl') return [sendAcl(call, call.acl === 'none')]
  if (key.startsWith('s3:x-amz-server-side-encryption')) return encrypt(call, condition)
  return []
}

/** A Region that the policy names, preferably the bucket's own. At most three are tried. */
function otherRegions({ situation, ours }: Refusal, condition: ConditionOutcome): Step[] {
  const { call } = situation
  const named = condition.wanted.filter((region) => /^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
  const regions = [...new Set([ours.bucketRegion, ...named])].filter((region) => region !== call.region).slice(0, 4)
  return regions.map((region, index) => ({
    side: 'ours',
    summary: `call STS in ${quote(region)} instead of ${quote(call.region)}`,
    opens: nothingElse,
    cost: 1 + index,
    change: { setting: 'stsRegion', from: call.region, to: region },
    call: { ...call, region },
  }))
}

function mapTag({ situation, ours }: Refusal, wantedTag: string): Step[] {
  const { call } = situation
  const isWanted = ([tag]: readonly [string, unknown]): boolean => tag.toLowerCase() === wantedTag.toLowerCase()
  const available = Object.entries(ours.availableTags).find(isWanted)
  if (available === undefined || Object.entries(call.tags).some(isWanted)) return []
  const [tag, value] = available
  return [
    {
      side: 'ours',
      summary: `map the sign-in’s claim to the session tag ${quote(tag)}, which then carries ${quote(value)}`,
      opens: nothingElse,
      cost: 2,
      change: { setting: 'identityMapping', from: tagNames(call), to: { add: Object.fromEntries([[tag, value]]) } },
      call: { ...call, tags: withTag(call.tags, tag, value) },
    },
  ]
}

function withTag(tags: Readonly<Record<string, string>>, tag: string, value: string): Record<string, string> {
  return Object.fromEntries([...Object.entries(tags), [tag, value]])
}

function tagNames(call: ApiCall): string {
  return Object.keys(call.tags).join(', ')
}

/** Sending fewer tags loses what they tell, so it comes after an edit of the policy. */
function dropTags({ situation }: Refusal, condition: ConditionOutcome): Step[] {
  const { call } = situation
  const known = condition.wanted.map((tag) => tag.toLowerCase())
  const extra = Object.keys(call.tags).filter((tag) => !known.includes(tag.toLowerCase()))
  if (extra.length === 0) return []
  return [withoutTags(call, extra)]
}

/** Stops sending tags. */
export function withoutTags(call: ApiCall, dropped: readonly string[]): Step {
  const tags = Object.fromEntries(Object.entries(call.tags).filter(([tag]) => !dropped.includes(tag)))
  return {
    side: 'ours',
    summary: `stop sending the session tag${dropped.length === 1 ? '' : 's'} ${dropped.map(quote).join(', ')}`,
    opens: nothingElse,
    cost: 40,
    change: { setting: 'identityMapping', from: tagNames(call), to: { remove: dropped } },
    call: { ...call, tags },
  }
}

/** Sends the ACL header, or stops sending it. */
export function sendAcl(call: PutObjectCall, isSent: boolean): Step {
  const acl = isSent ? 'bucket-owner-full-control' : 'none'
  return {
    side: 'ours',
    summary: isSent
      ? 'send the ACL `bucket-owner-full-control` with every object'
      : 'stop sending the ACL header with objects',
    opens: nothingElse,
    cost: isSent ? 3 : 1,
    change: { setting: 'acl', from: call.acl, to: acl },
    call: { ...call, acl },
  }
}

function encrypt(call: PutObjectCall, condition: ConditionOutcome): Step[] {
  const keys = [...condition.wanted.filter((value) => /^arn:[a-z-]+:kms:/.test(value)), call.bucketKeyArn ?? []].flat()
  const choices: Encryption[] = [
    ...[...new Set(keys)].slice(0, 3).map((keyArn) => ({ kind: 'sse-kms', keyArn }) as const),
    { kind: 'sse-s3' },
    { kind: 'bucket-default' },
  ]
  return choices
    .filter((choice) => JSON.stringify(choice) !== JSON.stringify(call.encryption))
    .map((choice, index) => encryptAs(call, choice, 3 + index))
}

function encryptAs(call: PutObjectCall, encryption: Encryption, cost: number): Step {
  const ways: Record<Encryption['kind'], string> = {
    'bucket-default': 'send no encryption header, and leave encryption to the bucket’s default',
    'sse-s3': 'ask for encryption with `AES256` (SSE-S3)',
    'sse-kms': `ask for encryption under the key ${quote(encryption.kind === 'sse-kms' ? encryption.keyArn : '')} (SSE-KMS)`,
  }
  return {
    side: 'ours',
    summary: ways[encryption.kind],
    opens: nothingElse,
    cost,
    change: { setting: 'encryption', from: call.encryption.kind, to: encryption },
    call: { ...call, encryption },
  }
}

/** Names the bucket's key in the connection, whose session policy then covers it. */
export function encryptUnderBucketKey({ situation, part }: Refusal, step: Step): Step {
  const { call } = situation
  if (call.operation !== 's3:PutObject' || call.encryption.kind !== 'bucket-default') return step
  const encryption: Encryption = { kind: 'sse-kms', keyArn: part.request.resource }
  return { ...encryptAs(call, encryption, 5), ...(step.edit === undefined ? {} : { edit: step.edit }) }
}

/** Where no address is known and none was observed, a step is tried from a declared one, which proves nothing. */
export function fromOurAddress({ situation }: Refusal, step: Step, egress: readonly string[]): Step {
  const { call } = situation
  if (call.sourceIp !== null) return step
  return { ...step, call: { ...call, sourceIp: egress[0]?.split('/', 1)[0] ?? null }, isAssuming: true }
}
