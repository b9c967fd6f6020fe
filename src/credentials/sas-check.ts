/**
 * Checks a SAS token against what it is wanted for, before Azure is asked. `refused` findings mean that it can not work or
 * must not be used; warnings are facts that an operator has to live with.
 */
import type { SasToken } from './sas-token.ts'

export type SasFindingCode =
  | 'account-sas'
  | 'expired'
  | 'not-yet-valid'
  | 'expires-soon'
  | 'long-lived'
  | 'no-expiry'
  | 'missing-letters'
  | 'excess-letters'
  | 'wrong-resource'
  | 'outside-root'
  | 'http-url'
  | 'http-allowed'
  | 'irrevocable'
  | 'signature-decoded'
  | 'address-bound'
  | 'delegation-key-expires'

/** One remark about a token. */
export interface SasFinding {
  readonly severity: 'refused' | 'warning'
  readonly code: SasFindingCode
  /** One line, lower case. */
  readonly message: string
  readonly help: string
}

export interface SasNeed {
  readonly now: Date
  /** `https://account.blob.core.windows.net/container`. */
  readonly containerUrl: string
  readonly needs: 'read' | 'write' | 'read-write'
  /** Empty, or ending in a slash. */
  readonly rootPath: string
}

const dayMs = 86_400_000

interface Letters {
  /** At least one letter of each group is needed. */
  readonly needed: readonly string[]
  readonly welcome: string
}

// `c` creates a blob in one request; blocks need `w`. Reading needs `r`, finding needs `l`.
// https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas#permissions-for-a-directory-container-or-blob
const lettersFor: Readonly<Record<SasNeed['needs'], Letters>> = {
  write: { needed: ['cw'], welcome: 'cw' },
  read: { needed: ['r', 'l'], welcome: 'rl' },
  'read-write': { needed: ['cw', 'r', 'l'], welcome: 'rlcwd' },
}

function refused(code: SasFindingCode, message: string, help: string): SasFinding {
  return { severity: 'refused', code, message, help }
}

function warning(code: SasFindingCode, message: string, help: string): SasFinding {
  return { severity: 'warning', code, message, help }
}

function checkTime(token: SasToken, now: Date): SasFinding[] {
  const findings: SasFinding[] = []
  const ends = [token.expiresAt, token.delegationKeyExpiresAt].filter((date) => date !== null)
  const end = ends.length === 0 ? null : new Date(Math.min(...ends.map((date) => date.getTime())))
  if (end === null) {
    if (token.storedPolicy === null) {
      findings.push(
        refused(
          'no-expiry',
          'the token says no end and names no stored access policy that could',
          'ask for a token with `se`',
        ),
      )
    }
  } else if (end <= now) {
    findings.push(refused('expired', `the token ended at ${end.toISOString()}`, 'ask for a new token'))
  } else if (end.getTime() - now.getTime() < 30 * dayMs) {
    const days = Math.floor((end.getTime() - now.getTime()) / dayMs)
    findings.push(
      warning(
        'expires-soon',
        `the token ends at ${end.toISOString()}, in ${days} days`,
        'ask for its successor now; it can be replaced in place',
      ),
    )
  } else if (end.getTime() - now.getTime() > 400 * dayMs) {
    findings.push(
      warning('long-lived', `the token is good until ${end.toISOString()}`, 'ask for a token of at most a year'),
    )
  }
  if (token.startsAt !== null && token.startsAt.getTime() > now.getTime()) {
    findings.push(
      refused(
        'not-yet-valid',
        `the token begins at ${token.startsAt.toISOString()}`,
        'wait, or ask for a token without `st`',
      ),
    )
  }
  if (token.kind === 'user-delegation' && token.delegationKeyExpiresAt !== null) {
    findings.push(
      warning(
        'delegation-key-expires',
        `the key behind the token ends at ${token.delegationKeyExpiresAt.toISOString()}`,
        'a user delegation key lives at most seven days: arrange how new tokens arrive',
      ),
    )
  }
  return findings
}

function checkLetters(token: SasToken, needs: SasNeed['needs']): SasFinding[] {
  if (token.permissions === '' && token.storedPolicy !== null) return []
  const { needed, welcome } = lettersFor[needs]
  const missing = needed.filter((group) => ![...group].some((letter) => token.permissions.includes(letter)))
  const excess = [...token.permissions].filter((letter) => !welcome.includes(letter))
  const findings: SasFinding[] = []
  if (missing.length > 0) {
    const wanted = missing.map((group) => [...group].map((letter) => `\`${letter}\``).join(' or ')).join(', ')
    findings.push(
      refused(
        'missing-letters',
        `the token’s permissions \`${token.permissions}\` lack ${wanted}`,
        `ask for a token with \`sp=${welcome}\``,
      ),
    )
  }
  if (excess.length > 0) {
    findings.push(
      warning(
        'excess-letters',
        `the token also permits \`${excess.join('')}\`, which is not needed`,
        `ask for a token with \`sp=${welcome}\` alone`,
      ),
    )
  }
  return findings
}

function checkScope(token: SasToken, rootPath: string): SasFinding[] {
  if (token.kind === 'account') {
    return [
      refused(
        'account-sas',
        'the token is for the whole storage account',
        'ask for a service SAS of the one container',
      ),
    ]
  }
  if (token.resource === 'c') return []
  if (token.resource !== 'd') {
    const what = token.resource === null ? 'nothing that can be told' : `\`sr=${token.resource}\``
    return [
      refused(
        'wrong-resource',
        `the token is for ${what}, not for a container or a directory`,
        'ask for a token with `sr=c` or `sr=d`',
      ),
    ]
  }
  const depth = rootPath.split('/').filter((segment) => segment !== '').length
  if ((token.directoryDepth ?? 1) <= depth) return []
  return [
    refused(
      'outside-root',
      `the token is for a directory ${token.directoryDepth ?? 1} deep, and the root path \`${rootPath}\` is above it`,
      'make the root path that directory',
    ),
  ]
}

function checkTransport(token: SasToken, containerUrl: string): SasFinding[] {
  const findings: SasFinding[] = []
  const httpsOnly = token.protocols === 'https'
  if (!containerUrl.startsWith('https:') && httpsOnly) {
    findings.push(
      refused('http-url', 'the token is good for https only, and the container URL is not https', 'give the https URL'),
    )
  }
  if (!httpsOnly) {
    findings.push(
      warning('http-allowed', 'the token would also work over plain http', 'ask for a token with `spr=https`'),
    )
  }
  if (token.addresses !== null) {
    findings.push(
      warning(
        'address-bound',
        `the token works only from \`${token.addresses}\``,
        'make sure that our calls come from there',
      ),
    )
  }
  return findings
}

/**
 * Checks a token: scope, time, letters, transport, revocability. No findings of severity `refused` means that it is worth
 * trying; only Azure can say that the signature is right.
 *
 * @see https://learn.microsoft.com/en-us/azure/storage/common/storage-sas-overview#best-practices-when-using-sas
 */
export function checkSasToken(token: SasToken, need: SasNeed): readonly SasFinding[] {
  const findings = [
    ...checkScope(token, need.rootPath),
    ...checkTime(token, need.now),
    ...checkLetters(token, need.needs),
    ...checkTransport(token, need.containerUrl),
  ]
  if (token.storedPolicy === null && token.kind === 'service') {
    findings.push(
      warning(
        'irrevocable',
        'the token names no stored access policy, so it can not be revoked without changing the account key',
        'ask for a token bound to a stored access policy (`si`)',
      ),
    )
  }
  if (token.signatureDecoded) {
    findings.push(
      refused(
        'signature-decoded',
        'the token’s signature holds a `+`: it was URL-decoded on its way here',
        'copy the token again, with `%2B` and `%2F` in `sig` as they are',
      ),
    )
  }
  return findings.sort((a, b) => (a.severity === b.severity ? 0 : a.severity === 'refused' ? -1 : 1))
}
