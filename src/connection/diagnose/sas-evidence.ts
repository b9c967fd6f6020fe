/**
 * What a SAS token tells by itself, without asking Azure: its time, letters, scope and addresses. The signature is not among
 * it, and neither is what a stored access policy holds. Never shows the token.
 */
import { Secret } from '../../base/index.ts'
import type { Cause, Chain, Connection, Diagnosis } from '../../contract/index.ts'
import { checkSasToken, parseSasToken } from '../../credentials/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { ConnectionSecret } from '../repository.ts'
import { symptoms } from './symptoms/index.ts'

/** What the token adds to the classes that fit the error. */
export interface SasEvidence {
  readonly causes: readonly Cause[]
  readonly excluded: readonly string[]
  readonly ruledOut: readonly string[]
}

/** The class for each finding that makes a token useless. */
const classOf: Readonly<Record<string, string>> = {
  expired: 'sas-expired',
  'not-yet-valid': 'sas-expired',
  'no-expiry': 'sas-window-inverted',
  'missing-letters': 'sas-letters',
  'account-sas': 'sas-resource-type',
  'wrong-resource': 'sas-other-resource',
  'outside-root': 'sas-other-resource',
  'http-url': 'sas-protocol',
  'signature-decoded': 'sas-signature-mangled',
}

const needs = { source: 'read', export: 'write', enrichment: 'read-write' } as const

/** Reads the token of a connection to a container; null for other connections. */
export function sasEvidence(
  connection: Connection,
  secret: ConnectionSecret,
  context: Pick<ConnectionContext, 'clock'>,
): SasEvidence | null {
  const { location, purpose } = connection
  if (location.service !== 'azblob' || secret.kind !== 'sas') return null
  const parsed = parseSasToken(new Secret(secret.token).reveal())
  if (!parsed.ok) {
    return {
      causes: [causeOfToken('sas-question-mark', parsed.error.message, parsed.error.help)],
      excluded: [],
      ruledOut: [],
    }
  }
  const token = parsed.value
  const findings = checkSasToken(token, {
    now: context.clock.now(),
    containerUrl: location.containerUrl,
    needs: needs[purpose],
    rootPath: location.rootPath,
  }).filter((finding) => finding.severity === 'refused')
  const causes = findings.map(({ code, message, help }) => causeOfToken(classOf[code] ?? 'sas-expired', message, help))
  const found = new Set(causes.map((cause) => cause.id))
  const isAllThere = token.storedPolicy === null && token.expiresAt !== null
  const checks: readonly (readonly [id: string, holds: boolean, says: string])[] = [
    ['sas-question-mark', true, 'the token reads well, with every field that it needs'],
    ['sas-expired', isAllThere, 'the token is in its time frame'],
    ['sas-window-inverted', isAllThere, ''],
    ['sas-key-window', token.delegationKeyExpiresAt === null, 'no user delegation key stands behind the token'],
    ['sas-policy-revoked', token.storedPolicy === null, 'the token refers to no stored access policy'],
    ['sas-source-ip', token.addresses === null, 'the token is bound to no address'],
    ['sas-resource-type', token.kind !== 'account', 'the token is not one of the whole account'],
  ]
  const excluding = checks.filter(([id, holds]) => holds && !found.has(id))
  return {
    causes,
    excluded: excluding.map(([id]) => id),
    ruledOut: excluding.map(([, , says]) => says).filter((says) => says !== ''),
  }
}

function causeOfToken(id: string, message: string, help: string): Cause {
  const symptom = symptoms.find((one) => one.id === id)
  if (symptom === undefined) throw new TypeError(`there is no class \`${id}\``)
  return {
    id,
    confidence: 'likely',
    link: symptom.link,
    summary: message,
    because: ['the token says so itself', help, `see ${symptom.page}`],
    repairs: symptom.repairs.map((repair) => ({ ...repair, proved: false })),
  }
}

/** Explains a token that is refused before anything is sent. */
export function diagnoseSas(
  connection: Connection,
  secret: ConnectionSecret,
  context: Pick<ConnectionContext, 'clock'>,
  chain: Chain,
): Diagnosis | null {
  const evidence = sasEvidence(connection, secret, context)
  const [first] = evidence?.causes ?? []
  if (evidence === null || first === undefined) return null
  return {
    view: 'vendor',
    operation: 'azblob:PutBlob',
    summary: first.summary,
    chain,
    causes: [...evidence.causes],
    ruledOut: [...evidence.ruledOut],
    notSeen: ['whether Azure accepts the signature: nothing was sent'],
    nextStep: symptoms.find((one) => one.id === first.id)?.nextStep ?? 'ask for a new token',
  }
}
