/** From an error of ours to the link that most probably refused, by what the provider said. A hint for the chain, no proof. */
import type { DrawbridgeError } from '../../base/index.ts'
import type { Connection, LinkId } from '../../contract/index.ts'
import { chainFormOf, linksOf } from './chain-of.ts'
import { type ErrorFacts, readErrorFacts } from './error-facts.ts'
import { rankedFor } from './likelihood.ts'
import { type Match, matchSymptoms } from './rank.ts'
import { symptoms } from './symptoms/index.ts'

/** Puts an error into words that the classes of symptoms understand: operation, provider's code and sentence. */
export function textOfError(error: DrawbridgeError): string {
  const { providerCode, providerMessage, httpStatus } = error.context
  const parts = [
    error.operation,
    providerCode,
    providerMessage,
    httpStatus === undefined ? undefined : `HTTP ${httpStatus}`,
  ]
  return parts.filter((part) => part !== undefined).join(': ')
}

/** What the connection itself adds to the words of a refusal. */
export function circumstancesOf(connection: Connection, error: DrawbridgeError): string {
  const { location, authentication } = connection
  if (location.service !== 's3' || authentication.kind !== 'role') return ''
  if (authentication.roleArn.split(':')[4] !== location.bucketOwner)
    return 'the bucket is in another account than the role'
  const isBare = error.context['providerMessage'] === 'Access Denied'
  return isBare ? 'S3 gives no reason, as if the bucket were somebody else’s' : ''
}

/** The facts and the fitting classes of an error, with the circumstances around it. */
export function matchError(
  error: DrawbridgeError,
  circumstances = '',
): { facts: ErrorFacts; matches: readonly Match[] } {
  const read = readErrorFacts(textOfError(error))
  const isAzure = error.operation?.startsWith('azblob:') === true
  const facts: ErrorFacts = {
    ...read,
    ...(error.operation === undefined ? {} : { operation: error.operation }),
    lower: `${read.lower} ${circumstances}`,
    provider: isAzure ? 'azure' : read.provider === 'unknown' ? 'aws' : read.provider,
  }
  return { facts, matches: matchSymptoms(facts, symptoms) }
}

/** The link of a failed AssumeRole: the one that the words of STS name, where they are about a single thing, as of our own token. */
export function linkOfEntry(connection: Connection, error: DrawbridgeError): LinkId {
  if (error.code === 'no-base-identity') return 'base-identity'
  const [first] = rankedFor(connection, matchError(error).matches)
  return first?.confidence === 'likely' && first.symptom.link === 'base-identity' ? 'base-identity' : 'assume-role'
}

/** The link of a refusal, within the links that the connection has. */
export function linkOfRefusal(connection: Connection, error: DrawbridgeError): LinkId {
  if (error.code === 'no-base-identity') return 'base-identity'
  const links = linksOf(chainFormOf(connection))
  const { matches } = matchError(error, circumstancesOf(connection, error))
  const [first] = rankedFor(connection, matches)
  if (first?.symptom.link === 'kms-key') return 'kms-key'
  if (first !== undefined && links.includes(first.symptom.link)) return first.symptom.link
  if (error.code !== 'access-denied') return 'object'
  return links.includes('permissions') ? 'permissions' : links.includes('sas-token') ? 'sas-token' : 'object'
}
