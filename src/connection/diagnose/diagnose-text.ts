/**
 * Explains an error that somebody pasted, with whatever words stand around it. Says what the text rules out, ranks what is
 * left, and names the next thing to look at. A text never proves a cause.
 */
import type { Cause, Chain, Diagnosis, LinkId } from '../../contract/index.ts'
import { type ChainForm, chainOf, type LinkFinding, linksOf, titles } from './chain-of.ts'
import { type ErrorFacts, readErrorFacts } from './error-facts.ts'
import { type OtherTarget, otherTargetsSay } from './other-targets.ts'
import { causeOf, type Match, matchSymptoms } from './rank.ts'
import { symptoms } from './symptoms/index.ts'

/** What is known beside the text. */
export interface TextContext {
  /** How the other targets of the same route fare; what the text itself says of them is heard as well. */
  readonly otherTargets?: readonly OtherTarget[]
}

/** Explains an error text. Never throws; what can not be read ends in a diagnosis without causes. */
export function diagnoseText(text: string, context: TextContext = {}): Diagnosis {
  const read = readErrorFacts(text)
  const facts = { ...read, otherTargets: [...read.otherTargets, ...(context.otherTargets ?? [])] }
  const fitting = matchSymptoms(facts, symptoms)
  const matches = [...fitting, ...nextRenewal(facts)]
  const form = formOf(facts)
  const causes = matches.map((match) => causeOf(match, linkFor(match, form, facts), facts))
  const suspects = suspectsOf(causes.slice(0, fitting.length))
  const first = matches[0]
  return {
    view: 'vendor',
    operation: facts.deniedAction ?? facts.operation ?? 'unknown',
    summary: summaryOf(facts, matches, suspects),
    chain: chainFor(form, facts, suspects),
    causes,
    ruledOut: ruledOut(facts),
    notSeen: [...remarks(facts), ...notSeen(facts)],
    nextStep: nextStepOf(facts, first),
  }
}

/**
 * Behind AssumeRole the trust policy did not refuse this request, but words about it say what the next AssumeRole will
 * meet. At most two such causes, and only those that the text speaks of.
 */
function nextRenewal(facts: ErrorFacts): Match[] {
  if (!isBehindAssumeRole(facts) || !/trust (?:polic|relationship)/.test(facts.lower)) return []
  const asked = matchSymptoms({ ...facts, operation: 'sts:AssumeRole' }, symptoms)
  return asked
    .filter(
      (match) => match.symptom.link === 'assume-role' && match.hints.length > 0 && match.confidence === 'possible',
    )
    .slice(0, 2)
    .map((match) => ({ ...match, because: ['not this request, but the next AssumeRole would meet it'] }))
}

/** True when the text is about a call that a role session made: AssumeRole had succeeded for it. */
export function isBehindAssumeRole(facts: ErrorFacts): boolean {
  const operation = facts.operation ?? facts.deniedAction ?? ''
  if (operation.startsWith('sts:') || facts.deniedAction?.startsWith('sts:') === true) return false
  return facts.principal?.includes(':assumed-role/') === true
}

function formOf(facts: ErrorFacts): ChainForm {
  if (facts.provider === 'azure') return { service: 'azblob', authentication: 'sas', hasKey: false }
  const isUser = facts.principal?.includes(':user/') === true && facts.operation?.startsWith('s3:') === true
  const codes = facts.codes.map((code) => code.toLowerCase())
  const isKey = isUser || codes.includes('invalidaccesskeyid') || codes.includes('signaturedoesnotmatch')
  return { service: 's3', authentication: isKey ? 'access-key' : 'role', hasKey: facts.lower.includes('kms:') }
}

/**
 * Where the refusal can have been, with the first cause for each link: one link where a cause is likely, or where every cause
 * that is left is on the same one; several where nothing in the text tells them apart.
 */
function suspectsOf(causes: readonly Cause[]): ReadonlyMap<LinkId, string> {
  const [first] = causes
  const left = first?.confidence === 'possible' ? causes : causes.slice(0, 1)
  const suspects = new Map<LinkId, string>()
  for (const { link, summary } of left) if (!suspects.has(link)) suspects.set(link, summary)
  return suspects
}

/** The class's link, or the nearest that a connection of this form has. */
function linkFor(match: Match, form: ChainForm, facts: ErrorFacts): LinkId {
  const links = linksOf(form)
  const { link } = match.symptom
  if (link === 'object' && facts.operation?.startsWith('sts:') === true) return 'assume-role'
  if (links.includes(link) || link === 'kms-key') return link
  if (link === 'access-key') return 'base-identity'
  if (link === 'session' || link === 'base-identity') return links.includes('access-key') ? 'access-key' : 'sas-token'
  return 'object'
}

function summaryOf(facts: ErrorFacts, matches: readonly Match[], suspects: ReadonlyMap<LinkId, string>): string {
  const first = matches[0]
  const what = facts.deniedAction ?? facts.operation
  if (first === undefined) {
    return what === undefined
      ? 'the text does not say what was refused'
      : `\`${what}\` failed, and the text does not say why`
  }
  if (first.confidence === 'likely') return first.symptom.summary
  const fit = matches.length === 1 ? 'one cause fits' : `${matches.length} causes fit`
  const refused = `${what === undefined ? 'the request' : `\`${what}\``} was refused; ${fit} the text`
  if (suspects.size < 2) return `${refused}, and it does not tell more`
  return `${refused}, and it does not tell where: it could be ${wordsOf([...suspects.keys()])}`
}

function wordsOf(links: readonly LinkId[]): string {
  const named = links.map((link) => titles[link])
  return `${named.slice(0, -1).join(', ')} or ${named.at(-1)}`
}

/** Red is what refused. Where several links can have, none is: each stays unknown, and says what it would have been. */
function chainFor(form: ChainForm, facts: ErrorFacts, suspects: ReadonlyMap<LinkId, string>): Chain {
  const findings = new Map<LinkId, LinkFinding>()
  if (isBehindAssumeRole(facts)) {
    findings.set('base-identity', { status: 'pass', detail: 'a session was issued to it' })
    findings.set('assume-role', { status: 'pass', detail: 'the refused request came with a session of the role' })
    findings.set('session', { status: 'pass', detail: facts.principal ?? '' })
  }
  for (const [link, why] of suspects) {
    if (suspects.size === 1) findings.set(link, { status: 'fail', detail: why })
    else findings.set(link, { status: 'unknown', detail: `it could be here: ${why}` })
  }
  // A key that only one of the causes knows of is drawn all the same.
  return chainOf(suspects.has('kms-key') ? { ...form, hasKey: form.service === 's3' } : form, findings)
}

/** With an authorization id AWS itself tells which statements decided; nothing that we could try tells more. */
function nextStepOf(facts: ErrorFacts, first: Match | undefined): string {
  if (facts.authorizationId !== undefined) {
    return `ask the administrator to call GetRequestAuthorizationDetails with \`${facts.authorizationId}\`: AWS then names the statements`
  }
  return first?.symptom.nextStep ?? 'paste the whole error, with its code and the operation that was refused'
}

function ruledOut(facts: ErrorFacts): string[] {
  const codes = facts.codes.map((code) => code.toLowerCase())
  const isExpired = codes.some((code) => code.startsWith('expiredtoken'))
  const isSlowed = codes.includes('slowdown') || codes.some((code) => code.startsWith('throttling'))
  return [
    ...(isBehindAssumeRole(facts) ? behindAssumeRole(facts, isExpired || isSlowed) : []),
    ...(facts.policyType === undefined
      ? []
      : [`the denial names ${article(facts.policyType)}; other policies may refuse as well, since only one is named`]),
    ...(isExpired ? ['no policy refused: the credentials had run out'] : []),
    ...(isSlowed ? ['no policy refused: the rate was too high'] : []),
    ...(facts.provider === 'unknown'
      ? []
      : otherTargetsSay(facts.provider === 'azure' ? 'azblob' : 's3', facts.otherTargets)),
  ]
}

/** What the session's ARN in the text proves, and what can have refused then. */
function behindAssumeRole(facts: ErrorFacts, isNoPolicy: boolean): string[] {
  const named = facts.policyType
  return [
    'for this request, AssumeRole had succeeded: the trust policy, the External ID and every condition on AssumeRole are not what refused it',
    'a session lives on after the trust policy changed: if the next AssumeRole fails too, look there as well',
    ...(isNoPolicy || named !== undefined ? [] : [whatRemains]),
  ]
}

const whatRemains =
  'what remains: the permissions of the role with its boundary, our session policy, the bucket policy and Object Ownership, the KMS key, and policies of the organization'

function article(policyType: string): string {
  return `${/^[aeiou]/i.test(policyType) ? 'an' : 'a'} ${policyType}`
}

/** What is odd about the text itself, so that nobody builds on it. */
function remarks(facts: ErrorFacts): string[] {
  const out = facts.oddAccounts.map(
    (account) =>
      `the account id \`${account}\` has ${account.length} digits, and account ids have twelve: it was shortened or mistyped`,
  )
  const session = facts.principal
  if (session?.includes(':assumed-role/') === true && session.split('/').length < 3) {
    out.push('the session’s ARN ends without a session name, so the text is not exactly what AWS said')
  }
  const { recorded } = facts
  if (recorded?.sourceAddress != null) {
    const endpoint = recorded.vpcEndpointId === null ? '' : `, by the VPC endpoint \`${recorded.vpcEndpointId}\``
    out.push(`CloudTrail saw the call come from \`${recorded.sourceAddress}\`${endpoint}`)
  }
  return out
}

/** A role session met a bare `Access Denied`, where S3 says more to its own account. */
function isBareSameAccount(facts: ErrorFacts): boolean {
  const isDenied = facts.codes.some((code) => code.startsWith('AccessDenied'))
  const isS3 = facts.operation?.startsWith('s3:') === true && facts.deniedAction === undefined
  return isS3 && isDenied && facts.policyType === undefined && isBehindAssumeRole(facts)
}

function notSeen(facts: ErrorFacts): string[] {
  const out: string[] = []
  if (facts.operation === undefined && facts.deniedAction === undefined)
    out.push('the text does not name the operation')
  if (facts.codes.length === 0) out.push('the text does not carry an error code')
  if (facts.provider !== 'azure') out.push('the policies themselves')
  if (isBareSameAccount(facts)) {
    out.push(
      'the reason: S3 names the policy type to callers of the bucket’s own account, so the sentence was cut short, or the bucket is in another account than the role',
    )
  }
  if (facts.requestIds.length === 0)
    out.push('a request id, with which the customer finds the call in CloudTrail or the storage log')
  return out
}
