/**
 * Reads grants as `aws kms list-grants` prints them: the whole answer, or its list. Members that say nothing about who
 * may do what (retiring principal, creation date) are passed over.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html
 */
import { err, ok, type Result } from '../../base/index.ts'
import type { KmsGrant, KmsGrantConstraints } from '../types.ts'
import { isObject } from './problems.ts'

/** Reads all of them; the error is one line that names the first at fault. */
export function readGrants(json: unknown): Result<readonly KmsGrant[], string> {
  const list = isObject(json) ? json['Grants'] : json
  if (!Array.isArray(list)) return err('grants must be a list, as `aws kms list-grants` prints it')
  const grants: KmsGrant[] = []
  for (const [i, entry] of list.entries()) {
    const read = readGrant(entry, i)
    if (typeof read === 'string') return err(`grants/${i}${read}`)
    grants.push(read)
  }
  return ok(grants)
}

function readGrant(entry: unknown, index: number): KmsGrant | string {
  if (!isObject(entry)) return ' must be an object'
  const text = (name: string): string | null => {
    const value = entry[name]
    return typeof value === 'string' && value !== '' ? value : null
  }
  const granteePrincipal = text('GranteePrincipal') ?? text('GranteeServicePrincipal')
  if (granteePrincipal === null) return '/GranteePrincipal must be a string that is not empty'
  const operations = entry['Operations']
  if (!Array.isArray(operations) || !operations.every((one) => typeof one === 'string')) {
    return '/Operations must be a list of strings'
  }
  const constraints = readConstraints(entry['Constraints'] ?? {})
  if (typeof constraints === 'string') return `/Constraints${constraints}`
  const keyId = text('KeyId')
  return {
    name: text('Name') ?? text('GrantId') ?? `grants[${index}]`,
    // A bare key id does not say whose key and where: the list was asked of the key at hand.
    keyArn: keyId?.startsWith('arn:') ? keyId : null,
    granteePrincipal,
    issuingAccount: /\d{12}/.exec(text('IssuingAccount') ?? '')?.[0] ?? null,
    operations,
    constraints,
  }
}

function readConstraints(value: unknown): KmsGrantConstraints | string {
  if (!isObject(value)) return ' must be an object'
  const equals = readPairs(value['EncryptionContextEquals'])
  const subset = readPairs(value['EncryptionContextSubset'])
  const sourceArn = value['SourceArn']
  if (equals === null) return '/EncryptionContextEquals must be an object of strings'
  if (subset === null) return '/EncryptionContextSubset must be an object of strings'
  if (sourceArn !== undefined && typeof sourceArn !== 'string') return '/SourceArn must be a string'
  const unknown = Object.keys(value).find((name) => !constraintNames.has(name))
  // To pass over a constraint would be to take the grant for wider than it is.
  if (unknown !== undefined) return ` has an unknown member \`${unknown.slice(0, 60)}\``
  return {
    ...(equals === undefined ? {} : { encryptionContextEquals: equals }),
    ...(subset === undefined ? {} : { encryptionContextSubset: subset }),
    ...(sourceArn === undefined ? {} : { sourceArn }),
  }
}

const constraintNames: ReadonlySet<string> = new Set([
  'EncryptionContextEquals',
  'EncryptionContextSubset',
  'SourceArn',
])

/** Undefined when there are none: a constraint without pairs constrains nothing. Null when malformed. */
function readPairs(value: unknown): Readonly<Record<string, string>> | null | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) return null
  const pairs = Object.entries(value).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text] as const] : []))
  if (pairs.length !== Object.keys(value).length) return null
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs)
}
