/**
 * Reads CloudTrail events out of a pasted text or file: one event, a list, or the `Records` of a log file, with words around
 * them. Takes out what an event knows and an error text does not: from where the call came, by which VPC endpoint, with
 * which External ID, and who called. Judges nothing.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */

/** One API call as CloudTrail recorded it. Null: the event does not say. */
export interface RecordedCall {
  /** `s3:PutObject`, `sts:AssumeRole`. */
  readonly operation: string
  readonly eventTime: string | null
  readonly errorCode: string | null
  readonly errorMessage: string | null
  /** An address; null also where an AWS service called. */
  readonly sourceAddress: string | null
  readonly vpcEndpointId: string | null
  readonly region: string | null
  /** Who called: an ARN, or the account of a caller from elsewhere. */
  readonly caller: string | null
  readonly callerAccount: string | null
  readonly roleArn: string | null
  readonly externalId: string | null
  readonly sessionName: string | null
  readonly bucket: string | null
  readonly key: string | null
  /** True: an ACL decided, and not a policy. */
  readonly isAclRequired: boolean
}

const longestText = 1_000_000
const mostEvents = 500
const mostBraces = 20_000

/** Finds the events in a text, in their order; none in a text that holds none. Linear in the text. */
export function readRecordedCalls(text: string): readonly RecordedCall[] {
  const bounded = text.slice(0, longestText)
  if (!bounded.includes('"eventName"')) return []
  const calls: RecordedCall[] = []
  for (const value of jsonValuesIn(bounded)) {
    for (const event of eventsOf(value)) {
      const call = callOf(event)
      if (call !== null) calls.push(call)
      if (calls.length === mostEvents) return calls
    }
  }
  return calls
}

/** The JSON objects and arrays of a text, the outermost ones; what does not parse is passed over. */
function jsonValuesIn(text: string): unknown[] {
  const whole = parsed(text)
  if (whole !== undefined) return [whole]
  const values: unknown[] = []
  let depth = 0
  let from = 0
  let inString = false
  let braces = 0
  for (let at = 0; at < text.length && braces < mostBraces; at += 1) {
    const character = text[at]
    if (depth > 0 && inString) {
      if (character === '\\') at += 1
      else if (character === '"') inString = false
      continue
    }
    if (depth > 0 && character === '"') inString = true
    else if (character === '{') {
      braces += 1
      if (depth === 0) from = at
      depth += 1
    } else if (character === '}' && depth > 0) {
      depth -= 1
      if (depth === 0) {
        const value = parsed(text.slice(from, at + 1))
        if (value !== undefined) values.push(value)
      }
    }
  }
  return values
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** `Records` of a log file, `Events` of LookupEvents with the event as a string inside, a list, or one event. */
function eventsOf(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.filter(isRecord)
  if (!isRecord(value)) return []
  for (const list of [value['Records'], value['Events'], value['events']]) {
    if (Array.isArray(list)) return list.filter(isRecord).map(unwrapped)
  }
  return [unwrapped(isRecord(value['detail']) ? value['detail'] : value)]
}

function unwrapped(event: Record<string, unknown>): Record<string, unknown> {
  const inner = typeof event['CloudTrailEvent'] === 'string' ? parsed(event['CloudTrailEvent']) : undefined
  return isRecord(inner) ? inner : event
}

function callOf(event: Record<string, unknown>): RecordedCall | null {
  const name = textAt(event, 'eventName')
  const source = textAt(event, 'eventSource')
  if (name === null || source === null) return null
  const service = source.split('.')[0] ?? ''
  const caller = recordAt(event, 'userIdentity')
  const asked = recordAt(event, 'requestParameters')
  const more = recordAt(event, 'additionalEventData')
  const address = textAt(event, 'sourceIPAddress')
  return {
    operation: `${service}:${name}`,
    eventTime: textAt(event, 'eventTime'),
    errorCode: textAt(event, 'errorCode'),
    errorMessage: textAt(event, 'errorMessage'),
    sourceAddress: address !== null && /^[0-9a-f:.]{3,45}$/i.test(address) ? address : null,
    vpcEndpointId: textAt(event, 'vpcEndpointId'),
    region: textAt(event, 'awsRegion'),
    caller: textAt(caller, 'arn'),
    callerAccount: textAt(caller, 'accountId'),
    roleArn: textAt(asked, 'roleArn'),
    externalId: textAt(asked, 'externalId'),
    sessionName: textAt(asked, 'roleSessionName'),
    bucket: textAt(asked, 'bucketName'),
    key: textAt(asked, 'key'),
    isAclRequired: textAt(more, 'aclRequired') === 'Yes',
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function recordAt(value: Record<string, unknown>, name: string): Record<string, unknown> {
  const found = value[name]
  return isRecord(found) ? found : {}
}

/** A short text; longer ones are no names of anything. */
function textAt(value: Record<string, unknown>, name: string): string | null {
  const found = value[name]
  return typeof found === 'string' && found !== '' && found.length <= 4096 ? found : null
}
