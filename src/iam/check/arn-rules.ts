/** Rules about ARNs wherever they stand: segments, partitions, account ids, and the form that their service gives them. */
import { isService, serviceNames } from '../data/index.ts'
import { arnSegments } from '../match/arn.ts'
import { quote } from '../read/index.ts'
import type { Draft } from './finding.ts'
import { didYouMean } from './nearest-name.ts'
import type { Located } from './view.ts'

const partitions = new Set([
  'aws',
  'aws-cn',
  'aws-us-gov',
  'aws-iso',
  'aws-iso-b',
  'aws-iso-e',
  'aws-iso-f',
  'aws-eusc',
])

/** Tells whether a text leaves its value open: wildcards and variables. */
export function isOpen(text: string): boolean {
  return /[*?]|\$\{/.test(text)
}

/** Checks one ARN or ARN pattern. A pattern may be cut short behind a `*`. */
export function* arnRules(entry: Located): Generator<Draft> {
  const { text, pointer } = entry
  const segments = arnSegments(text)
  if (segments === null) {
    if (!/[*]$/.test(text)) yield malformed(entry, 'has fewer than six segments')
    return
  }
  // A variable is plain text here and has colons of its own; that it stands in the wrong place is said elsewhere.
  if (segments.slice(0, 5).some((segment) => segment.includes('${'))) return
  const [scheme = '', partition = '', service = '', region = '', account = '', resource = ''] = segments
  if (scheme !== 'arn' && !isOpen(scheme)) yield malformed(entry, 'does not begin with `arn:`')
  if (!isOpen(partition) && !partitions.has(partition)) {
    yield malformed(entry, `is of the unknown partition ${quote(partition)}${didYouMean(partition, partitions)}`)
  }
  if (!isOpen(service) && !isService(service)) {
    yield malformed(entry, `is of the unknown service ${quote(service)}${didYouMean(service, serviceNames())}`)
  }
  if (resource === '') yield malformed(entry, 'names no resource')
  yield* accountRules(account, { text, pointer })
  const missing = wrongSegment(service, region, account, resource)
  if (missing !== null) yield malformed(entry, missing)
}

function malformed({ text, pointer }: Located, what: string): Draft {
  return { id: 'arn-malformed', pointer, message: `the ARN ${quote(text)} ${what}` }
}

/** `aws` and names of services stand for the accounts of AWS itself. */
function* accountRules(account: string, { text, pointer }: Located): Generator<Draft> {
  if (account === '' || isOpen(account) || /^\d{12}$/.test(account)) return
  if (account === 'aws' || account === 'cloudfront' || account === 'third-party') return
  yield { id: 'account-id', pointer, message: `${accountFault(account)} in ${quote(text)}` }
}

/** Says what an account id lacks: `the account id `123456789` has 9 digits`. */
export function accountFault(account: string): string {
  return /^\d+$/.test(account)
    ? `the account id ${quote(account)} has ${account.length} digits instead of 12`
    : `${quote(account)} is no account id`
}

/** S3's buckets have neither region nor account; IAM's ARNs no region; keys have both. */
function wrongSegment(service: string, region: string, account: string, resource: string): string | null {
  if (service === 's3' && !/^(accesspoint|access-grants|job|storage-lens|async-request|\*)/.test(resource)) {
    const isFixed = [region, account].some((segment) => segment !== '' && !isOpen(segment))
    return isFixed ? 'names a bucket, whose ARN has neither region nor account' : null
  }
  if (service === 'iam' && region !== '' && !isOpen(region)) return 'has a region, but IAM has none'
  if (service === 'kms' && region === '') return 'has no region'
  if ((service === 'iam' || service === 'sts' || service === 'kms') && account === '') return 'has no account'
  return null
}
