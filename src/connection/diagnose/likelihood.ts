/** What a connection's own story says about the classes that fit its error: which can not be, and which come first. */
import type { Connection } from '../../contract/index.ts'
import type { Match } from './rank.ts'

/** A connection that never worked has most often been set up wrong. */
const firstTime = [
  'role-missing',
  'external-id-mismatch',
  'trust-principal',
  'iam-propagation',
  'base-permission',
  'missing-permission',
]

/** One that worked was changed: somebody added a condition, more often than they took a principal away. */
const afterChange = [
  'owner-mismatch',
  'sas-policy-revoked',
  'sas-expired',
  'bucket-policy-missing',
  'trust-source-ip',
  'external-id-mismatch',
  'trust-request-tag',
  'trust-principal',
  'role-missing',
]

/** Puts the classes in the order of this connection's story, and leaves out those that can not be. */
export function rankedFor(connection: Connection, matches: readonly Match[]): Match[] {
  const order = hasWorked(connection) ? afterChange : firstTime
  const excluded = new Set(exclusionsOf(connection))
  const place = ({ symptom, confidence }: Match): number => {
    const at = order.indexOf(symptom.id)
    return (confidence === 'likely' ? 0 : 100) + (at === -1 ? order.length : at)
  }
  return matches.filter((match) => !excluded.has(match.symptom.id)).sort((a, b) => place(a) - place(b))
}

function hasWorked(connection: Connection): boolean {
  return connection.lastVerification?.status === 'pass' || connection.state !== 'unverified'
}

/** Classes that can not be, given how the connection is used. */
function exclusionsOf(connection: Connection): string[] {
  const out: string[] = []
  if (connection.writing.acl === 'none') out.push('missing-acl-permission', 'acl-not-supported')
  if (connection.identityMapping.tags.length === 0) out.push('trust-tag-session')
  if (hasWorked(connection)) out.push('iam-propagation')
  if (connection.authentication.kind === 'role' && connection.authentication.externalId === null)
    out.push('external-id-mismatch')
  return out
}
