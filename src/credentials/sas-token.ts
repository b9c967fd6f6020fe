/**
 * Reads a SAS token: the query string that Azure Storage signs. Reading is not checking (`sas-check.ts`), and neither asks
 * Azure. The signature stays byte for byte as it was given, inside a `Secret`.
 */
import { createHash } from 'node:crypto'
import type { Result } from '../base/index.ts'
import { err, ok, Secret } from '../base/index.ts'

/** Who signed: the account key for one service or for the whole account, or an Entra identity. */
export type SasKind = 'service' | 'account' | 'user-delegation'

/** A SAS token as read. Absent fields are null; nothing here but `secret` is secret. */
export interface SasToken {
  readonly kind: SasKind
  /** The whole token without the question mark, byte-exact. */
  readonly secret: Secret
  /** First 16 hex digits of the token's SHA-256. */
  readonly fingerprint: string
  /** `sv`: the version of the signature. */
  readonly version: string
  /** `sp`: letters; empty when a stored access policy holds them. */
  readonly permissions: string
  /** `st` and `se`; null when a stored access policy holds them. */
  readonly startsAt: Date | null
  readonly expiresAt: Date | null
  /** `sr`: `c` container, `d` directory, `b` blob, `bs` snapshot, `bv` version. Null in account tokens. */
  readonly resource: string | null
  /** `sdd`: how many folders deep the signed directory lies. */
  readonly directoryDepth: number | null
  /** `spr`: `https` or `https,http`. */
  readonly protocols: string | null
  /** `sip`: the address or range from which it may be used. */
  readonly addresses: string | null
  /** `si`: the stored access policy, by which the customer can revoke it. */
  readonly storedPolicy: string | null
  /** `ss` and `srt` of account tokens. */
  readonly services: string | null
  readonly resourceTypes: string | null
  /** `ske`: when the user delegation key ends. */
  readonly delegationKeyExpiresAt: Date | null
  /** The signature holds a `+` or a space: it was URL-decoded on its way here, and Azure will not accept it. */
  readonly signatureDecoded: boolean
}

/** Why a text is not a SAS token. */
export interface SasProblem {
  readonly kind:
    | 'empty'
    | 'too-long'
    | 'whole-url'
    | 'connection-string'
    | 'malformed'
    | 'duplicate-field'
    | 'missing-field'
    | 'bad-date'
  /** One line, lower case. Never quotes the token. */
  readonly message: string
  readonly help: string
}

const maximumCharacters = 4096
const generalHelp = 'paste the token as the portal shows it: `sv=…&se=…&sr=c&sp=…&sig=…`'

function problem(
  kind: SasProblem['kind'],
  message: string,
  help = generalHelp,
): { readonly ok: false; readonly error: SasProblem } {
  return err({ kind, message, help })
}

/** Computes the fingerprint by which a token is shown: the first 16 hex digits of its SHA-256. */
export function sasFingerprint(token: string | Secret): string {
  const text = typeof token === 'string' ? withoutQuestionMark(token) : token.reveal()
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 16)
}

function withoutQuestionMark(text: string): string {
  const trimmed = text.trim()
  return trimmed.startsWith('?') ? trimmed.slice(1) : trimmed
}

function decoded(value: string): string | null {
  try {
    return decodeURIComponent(value)
  } catch {
    return null
  }
}

/** Splits the fields. A name that appears twice could be signed once and used twice, so it is refused. */
function fieldsOf(text: string): Result<Map<string, string>, SasProblem> {
  const fields = new Map<string, string>()
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=')
    const name = equals < 0 ? '' : pair.slice(0, equals)
    if (!/^[a-z]{2,8}$/.test(name)) return problem('malformed', 'the SAS token is not a list of fields joined by `&`')
    if (fields.has(name)) return problem('duplicate-field', `the SAS token has the field \`${name}\` twice`)
    const value = decoded(pair.slice(equals + 1))
    if (value === null) return problem('malformed', `the SAS token’s field \`${name}\` is not percent-encoded text`)
    fields.set(name, value)
  }
  return ok(fields)
}

/** ISO 8601 as SAS accepts it: a date, or date and time to the minute or finer, in UTC. */
const isoMoment = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?Z)?$/

function momentOf(fields: Map<string, string>, name: string): Result<Date | null, SasProblem> {
  const value = fields.get(name)
  if (value === undefined || value === '') return ok(null)
  const at = isoMoment.test(value) ? new Date(value.replace(/(\.\d{3})\d+Z$/, '$1Z')) : new Date(Number.NaN)
  if (Number.isNaN(at.getTime())) return problem('bad-date', `the SAS token’s field \`${name}\` is not a UTC time`)
  return ok(at)
}

function kindOf(fields: Map<string, string>): SasKind {
  if (fields.has('ss') || fields.has('srt')) return 'account'
  return fields.has('skoid') || fields.has('ske') ? 'user-delegation' : 'service'
}

function refuseForeignForms(text: string): Result<string, SasProblem> {
  if (text === '') return problem('empty', 'the SAS token is empty')
  if (text.length > maximumCharacters)
    return problem('too-long', `the SAS token has more than ${maximumCharacters} characters`)
  if (/^https?:\/\//i.test(text)) {
    return problem(
      'whole-url',
      'a whole URL was given as SAS token',
      'give the part after `?` as the token and the part before it as the container URL',
    )
  }
  if (/(^|;)(SharedAccessSignature|AccountKey|BlobEndpoint|DefaultEndpointsProtocol)=/i.test(text)) {
    return problem(
      'connection-string',
      'a connection string was given as SAS token',
      'never send the account key: ask for a SAS token of the container',
    )
  }
  // Anything else would have to be re-encoded to travel in a URL, and then the signature would no longer fit.
  if (/[^\x21-\x7e]/.test(text) || text.includes('#'))
    return problem('malformed', 'the SAS token holds characters that no URL can carry')
  return ok(text)
}

/**
 * Reads a SAS token, with or without the leading `?`. The token is not checked against time or purpose.
 *
 * @see https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas
 * @see https://learn.microsoft.com/en-us/rest/api/storageservices/create-user-delegation-sas
 */
export function parseSasToken(text: string): Result<SasToken, SasProblem> {
  const token = refuseForeignForms(withoutQuestionMark(text))
  if (!token.ok) return token
  const split = fieldsOf(token.value)
  if (!split.ok) return split
  const fields = split.value
  for (const name of ['sig', 'sv']) {
    if (!fields.get(name)) return problem('missing-field', `the SAS token has no field \`${name}\``)
  }
  const startsAt = momentOf(fields, 'st')
  if (!startsAt.ok) return startsAt
  const expiresAt = momentOf(fields, 'se')
  if (!expiresAt.ok) return expiresAt
  const delegation = momentOf(fields, 'ske')
  if (!delegation.ok) return delegation
  const depth = fields.get('sdd')
  if (depth !== undefined && !/^\d{1,3}$/.test(depth))
    return problem('malformed', 'the SAS token’s field `sdd` is not a number')
  return ok({
    kind: kindOf(fields),
    secret: new Secret(token.value),
    fingerprint: sasFingerprint(token.value),
    version: fields.get('sv') ?? '',
    permissions: fields.get('sp') ?? '',
    startsAt: startsAt.value,
    expiresAt: expiresAt.value,
    resource: fields.get('sr') ?? null,
    directoryDepth: depth === undefined ? null : Number(depth),
    protocols: fields.get('spr') ?? null,
    addresses: fields.get('sip') ?? null,
    storedPolicy: fields.get('si') ?? null,
    services: fields.get('ss') ?? null,
    resourceTypes: fields.get('srt') ?? null,
    delegationKeyExpiresAt: delegation.value,
    signatureDecoded: /(^|&)sig=[^&]*\+/.test(token.value),
  })
}
