/**
 * Reads an error as people paste it, with words around it: AWS CLI, SDK and boto3 lines, XML, JSON, CloudTrail events,
 * Azure XML. Takes out what the sentence says and judges nothing. Linear in the text, which comes from strangers.
 */

import { type RecordedCall, readRecordedCalls } from './cloudtrail.ts'
import { codesIn } from './error-codes.ts'
import { type Clocks, clocksIn, type SasTimes, sasTimesIn } from './error-times.ts'
import { type OtherTarget, otherTargetsIn } from './other-targets.ts'

/** What stands in an error text. Absent means that the text does not say. */
export interface ErrorFacts {
  readonly provider: 'aws' | 'azure' | 'unknown'
  /** The API call: `s3:PutObject`. */
  readonly operation?: string
  /** The action that was denied, where the text names it: `s3:PutObjectAcl`. */
  readonly deniedAction?: string
  /** Who was refused, as an ARN. */
  readonly principal?: string
  /** What it was refused on. */
  readonly resource?: string
  readonly codes: readonly string[]
  readonly httpStatus?: number
  /** The policy type that is named: `identity-based policy`, `service control policy` … */
  readonly policyType?: string
  readonly isExplicitDeny: boolean
  readonly requestIds: readonly string[]
  /** The region that the other side expects. */
  readonly expectedRegion?: string
  /** The region that the request was signed for. */
  readonly signedRegion?: string
  /** The policy that a denial names by its ARN. */
  readonly policyArn?: string
  /** With it the account's own people can ask AWS which statements decided. */
  readonly authorizationId?: string
  /** The request's time and the other side's, where the text has both. */
  readonly clocks?: Clocks
  /** Begin and end of a SAS token's time, and the time at Azure. */
  readonly sasTimes?: SasTimes
  /** The refused call as CloudTrail recorded it. */
  readonly recorded?: RecordedCall
  /** Whether the text says that another target works, by provider. */
  readonly otherTargets: readonly OtherTarget[]
  /** Account ids that are not twelve digits, as they stand in ARNs. */
  readonly oddAccounts: readonly string[]
  /** The text in lower case, with runs of white space made one, for phrases. */
  readonly lower: string
}

const longestText = 200_000

/** Reads the facts out of a text; what is beyond 200,000 characters is not looked at. */
export function readErrorFacts(text: string): ErrorFacts {
  const bounded = unescapeXml(text.slice(0, longestText).replace(/\\"/g, '"'))
  const lower = bounded.toLowerCase().replace(/\s+/g, ' ')
  const recorded = recordedIn(text)
  const codes = [...new Set([...codesIn(bounded), ...(recorded?.errorCode == null ? [] : [recorded.errorCode])])]
  const denial = denialIn(bounded)
  const operation = operationIn(bounded, denial.action) ?? recorded?.operation
  const policyType = policyTypeIn(lower)
  const httpStatus = statusIn(bounded)
  const principal = denial.principal ?? principalIn(bounded) ?? recorded?.caller ?? undefined
  const resource = denial.resource ?? resourceIn(bounded)
  const expectedRegion =
    first(bounded, /expecting ['"`]?([a-z]{2}[a-z0-9-]{3,30})/) ?? first(bounded, /<Region>([a-z0-9-]{2,32})<\/Region>/)
  const signedRegion = first(bounded, /the region ['"`]?([a-z]{2}[a-z0-9-]{3,30})['"`]? is wrong/)
  const policyArn = first(bounded, /policy: (arn:aws[a-z-]{0,8}:(?:organizations|iam)::[^\s"'`,;<>]{5,300})/)
  const authorizationId = first(bounded, /authorization[- ](?:id: |details\/)([0-9a-z]{8,80})\b/)
  const clocks = clocksIn(bounded)
  const sasTimes = sasTimesIn(bounded)
  return {
    provider: providerIn(lower, codes),
    codes,
    isExplicitDeny: lower.includes('explicit deny') || lower.includes('explicitly denies'),
    requestIds: requestIdsIn(bounded),
    oddAccounts: oddAccountsIn(bounded),
    otherTargets: otherTargetsIn(bounded),
    lower,
    ...(signedRegion === undefined ? {} : { signedRegion }),
    ...(policyArn === undefined ? {} : { policyArn: trimmed(policyArn) }),
    ...(authorizationId === undefined ? {} : { authorizationId }),
    ...(clocks === undefined ? {} : { clocks }),
    ...(sasTimes === undefined ? {} : { sasTimes }),
    ...(recorded === undefined ? {} : { recorded }),
    ...(operation === undefined ? {} : { operation }),
    ...(denial.action === undefined ? {} : { deniedAction: denial.action }),
    ...(principal === undefined ? {} : { principal }),
    ...(resource === undefined ? {} : { resource }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(policyType === undefined ? {} : { policyType }),
    ...(expectedRegion === undefined ? {} : { expectedRegion }),
  }
}

/** Of the recorded calls the last that failed; without one the last. */
function recordedIn(text: string): RecordedCall | undefined {
  const calls = readRecordedCalls(text)
  return calls.findLast((call) => call.errorCode !== null) ?? calls.at(-1)
}

function first(text: string, pattern: RegExp): string | undefined {
  return pattern.exec(text)?.[1]
}

function unescapeXml(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>')
}

/** `User: A is not authorized to perform: B on resource: C`, with or without quotes. */
function denialIn(text: string): { principal?: string; action?: string; resource?: string } {
  const action = first(text, /[Nn]ot authorized to perform:? ["'`]?([a-z0-9-]{2,40}:[A-Za-z]{2,60})/)
  const principal = first(
    text,
    /\b(?:User|Identity|Principal|userIdentity[^\n]{0,20}arn)["']?\s{0,4}[:=]\s{0,4}["'`]?(arn:[^\s"'`,;<>]{5,400})/,
  )
  const resource = first(text, /\bon (?:this )?(?:resource|role arn):? ["'`]?((?:arn:|https?:)[^\s"'`,;<>]{5,1100})/)
  return {
    ...(principal === undefined ? {} : { principal: trimmed(principal) }),
    ...(action === undefined ? {} : { action: tidyAction(action) }),
    ...(resource === undefined ? {} : { resource: trimmed(resource) }),
  }
}

function trimmed(arn: string): string {
  return arn.replace(/[.)\]}]{1,8}$/, '')
}

function principalIn(text: string): string | undefined {
  const session = first(text, /(arn:aws[a-z-]{0,8}:sts::[\w*]{0,20}:assumed-role\/[\w+=,.@/-]{1,200})/)
  return session === undefined ? undefined : trimmed(session)
}

function resourceIn(text: string): string | undefined {
  const arn = first(text, /(arn:aws[a-z-]{0,8}:s3:::[^\s"'`,;<>]{3,1100})/)
  if (arn !== undefined) return trimmed(arn)
  const named = first(
    text,
    /\b(?:Bucket|BucketName|bucketName)["']?\s{0,4}[:=>]\s{0,4}["'`]?([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/,
  )
  if (named !== undefined) return `arn:aws:s3:::${named}`
  return first(text, /(s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[^\s"'`,;<>]{0,900})/)
}

const operationPatterns: readonly RegExp[] = [
  /\b((?:sts|s3|iam|kms|azblob):[A-Z][A-Za-z]{3,60})\b/,
  /when calling the ([A-Za-z]{3,60}) operation/,
  /operation error [A-Za-z0-9 ]{2,30}: ([A-Za-z]{3,60})/,
  /"eventName"\s{0,4}:\s{0,4}"([A-Za-z]{3,60})"/,
  /\b([A-Z][A-Za-z]{3,60}) API responded with/,
  /\bS3:? ([A-Z][A-Za-z]{3,60}) (?:failed|error|denied|refused)/,
  /\b((?:Put|Get|Head|Delete|Copy|List|Create|Complete|Abort|Upload|Assume)[A-Z][A-Za-z]{2,50})\b/,
]

const stsOperations = new Set([
  'assumerole',
  'tagsession',
  'setsourceidentity',
  'getcalleridentity',
  'assumerolewithwebidentity',
  'assumerolewithsaml',
])

const iamOperation =
  /^(?:Create|Update|Put|Get|Delete|List|Attach)(?:AssumeRole|Role|User|Group|InstanceProfile|PolicyVersion)/

function operationIn(text: string, deniedAction: string | undefined): string | undefined {
  // The action behind "to perform" is what was denied, not necessarily what was called.
  const calls = text.replace(/perform:? ["'`]?[a-z0-9-]{2,40}:/g, 'perform ')
  const name = earliest(calls, operationPatterns)
  if (name !== undefined) return qualified(name, deniedAction)
  if (deniedAction !== undefined) return deniedAction
  if (/\bassum(?:e|ing)\b.{0,20}\brole/i.test(text)) return 'sts:AssumeRole'
  if (/\bput blob\b/i.test(text)) return 'azblob:PutBlob'
  return undefined
}

/** Of several patterns the match that stands first in the text; around an error people tell of other calls as well. */
function earliest(text: string, patterns: readonly RegExp[]): string | undefined {
  let best: { at: number; name: string } | undefined
  for (const pattern of patterns) {
    const match = pattern.exec(text)
    if (match?.[1] !== undefined && (best === undefined || match.index < best.at))
      best = { at: match.index, name: match[1] }
  }
  return best?.name
}

function qualified(name: string, deniedAction: string | undefined): string {
  if (name.includes(':')) return name
  if (stsOperations.has(name.toLowerCase())) return `sts:${name}`
  if (deniedAction !== undefined && !deniedAction.startsWith('s3:') && !deniedAction.startsWith('kms:'))
    return deniedAction
  if (iamOperation.test(name)) return `iam:${name}`
  return /blob|block|container/i.test(name) ? `azblob:${name}` : `s3:${name}`
}

function tidyAction(action: string): string {
  const [service = '', name = ''] = action.split(':')
  return `${service.toLowerCase()}:${name}`
}

const policyTypes: readonly (readonly [string, string])[] = [
  ['role trust policy', 'role trust policy'],
  ['service control polic', 'service control policy'],
  ['resource control polic', 'resource control policy'],
  ['vpc endpoint polic', 'VPC endpoint policy'],
  ['permissions boundary', 'permissions boundary'],
  ['session polic', 'session policy'],
  ['sessions polic', 'session policy'],
  ['identity-based polic', 'identity-based policy'],
  ['resource-based polic', 'resource-based policy'],
]

/** Only the sentence forms of a denial count; a person writing `bucket policy` around it does not. */
function policyTypeIn(lower: string): string | undefined {
  const clause = first(
    lower,
    /(?:because no|with an explicit deny in (?:a |an |the )?|does not exist in this region, no)\s?([a-z -]{3,60})/,
  )
  if (clause === undefined) return undefined
  return policyTypes.find(([phrase]) => clause.startsWith(phrase))?.[1]
}

function statusIn(text: string): number | undefined {
  const digits =
    first(text, /(?:status code|statusCode|StatusCode|http status|HTTP)["']?[:= ]{1,4}(\d{3})\b/i) ??
    first(text, /\((\d{3})\)/) ??
    first(text, /\b(40[0-9]|30[17]|412|50[0-4])\b/)
  return digits === undefined ? undefined : Number(digits)
}

function requestIdsIn(text: string): string[] {
  const found = new Set<string>()
  const pattern = /(?:request[ _-]?id|x-ms-request-id|x-amz-request-id)["']?[>:= ]{1,4}["']?([A-Za-z0-9-]{8,64})/gi
  for (const match of text.matchAll(pattern)) if (match[1] !== undefined) found.add(match[1])
  return [...found].slice(0, 10)
}

function oddAccountsIn(text: string): string[] {
  const found = new Set<string>()
  for (const match of text.matchAll(/arn:aws[a-z-]{0,8}:(?:iam|sts)::(\d{1,30}):/g)) {
    if (match[1] !== undefined && match[1].length !== 12) found.add(match[1])
  }
  return [...found].slice(0, 10)
}

function providerIn(lower: string, codes: readonly string[]): ErrorFacts['provider'] {
  const azure =
    /blob\.core\.|azure|\bsas\b|x-ms-|authenticationerrordetail|signature not valid in the specified|signature fields not well formed/.test(
      lower,
    )
  const azureCode = codes.some((code) =>
    /^(Authorization(?!Header)|AuthenticationFailed|Blob|Container|UnauthorizedBlob|KeyBased|PublicAccess|InvalidAuthentication|NoAuthentication)/.test(
      code,
    ),
  )
  const aws =
    /\barn:aws|amazonaws|\baws\b|\bs3\b|\bsts\b|\biam\b|x-amz|botocore|boto3|assumerole|\bkms\b|cloudtrail/.test(lower)
  if (azureCode) return 'azure'
  if (aws) return 'aws'
  if (azure) return 'azure'
  return codes.length > 0 ? 'aws' : 'unknown'
}
