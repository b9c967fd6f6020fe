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

const pairConstraints: Readonly<Record<string, 'encryptionContextEquals' | 'encryptionContextSubset'>> = {
  EncryptionContextEquals: 'encryptionContextEquals',
  EncryptionContextSubset: 'encryptionContextSubset',
}

/** To pass over a constraint would be to take the grant for wider than it is, so none is. */
function readConstraints(value: unknown): KmsGrantConstraints | string {
  if (!isObject(value)) return ' must be an object'
  let constraints: KmsGrantConstraints = {}
  for (const [name, given] of Object.entries(value)) {
    const member = Object.hasOwn(pairConstraints, name) ? pairConstraints[name] : undefined
    if (name === 'SourceArn') {
      if (typeof given !== 'string') return `/${name} must be a string`
      constraints = { ...constraints, sourceArn: given }
    } else if (member === undefined) return ` has an unknown member \`${name.slice(0, 60)}\``
    else {
      const pairs = isObject(given ?? {}) ? Object.entries(given ?? {}) : null
      if (pairs === null || pairs.some(([, text]) => typeof text !== 'string'))
        return `/${name} must be an object of strings`
      // A constraint without pairs constrains nothing.
      if (pairs.length > 0) constraints = { ...constraints, [member]: Object.fromEntries(pairs) }
    }
  }
  return constraints
}
