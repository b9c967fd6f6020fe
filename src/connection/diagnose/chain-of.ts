/**
 * Builds the access chain from what is known about its links. Which links a connection has follows from its service and
 * authentication; what is behind the red link was not reached and is `skipped`.
 */
import type { Chain, ChainLink, CheckStatus, Connection, LinkId } from '../../contract/index.ts'

/** What is known about one link. */
export interface LinkFinding {
  readonly status: CheckStatus
  /** One line: what stands there, or why it is red. */
  readonly detail: string
}

/** The form of a chain: which links there are. */
export interface ChainForm {
  readonly service: 's3' | 'azblob' | 'local'
  readonly authentication: 'role' | 'access-key' | 'sas' | 'none'
  /** True: objects are encrypted with a key of the customer, as far as we know. */
  readonly hasKey: boolean
}

/** What each link is called where people read it. */
export const titles: Readonly<Record<LinkId, string>> = {
  person: 'signed-in person',
  'base-identity': 'base identity',
  'assume-role': 'AssumeRole',
  session: 'session',
  permissions: 'permissions',
  'bucket-policy': 'bucket policy',
  'kms-key': 'KMS key',
  object: 'object',
  'access-key': 'access key',
  'sas-token': 'SAS token',
  container: 'container',
}

/** The form of a connection's chain. */
export function chainFormOf(connection: Pick<Connection, 'location' | 'authentication' | 'writing'>): ChainForm {
  return {
    service: connection.location.service,
    authentication: connection.authentication.kind,
    hasKey: connection.writing.encryption.kind === 'sse-kms',
  }
}

/** The links of a form, in the order of the journey. */
export function linksOf(form: ChainForm): readonly LinkId[] {
  const key: LinkId[] = form.hasKey ? ['kms-key'] : []
  if (form.service === 'azblob') return ['person', 'sas-token', 'container', 'object']
  if (form.service === 'local') return ['person', 'object']
  if (form.authentication === 'role') {
    return ['person', 'base-identity', 'assume-role', 'session', 'permissions', 'bucket-policy', ...key, 'object']
  }
  return ['person', 'access-key', 'permissions', 'bucket-policy', ...key, 'object']
}

/** The link itself, or the nearest that a chain of this form has: a token carries its own permissions. */
export function linkWithin(form: ChainForm, link: LinkId): LinkId {
  if (linksOf(form).includes(link) || link === 'kms-key') return link
  if (form.service === 'azblob') return link === 'bucket-policy' ? 'container' : 'sas-token'
  if (form.service === 'local') return 'object'
  return link === 'assume-role' || link === 'session' || link === 'base-identity' ? 'access-key' : 'permissions'
}

/**
 * Builds a chain. Links without a finding are `unknown` before the first red one and `skipped` behind it; a link that
 * failed although the form does not have it (a key that nobody knew of) is put in its place.
 */
export function chainOf(form: ChainForm, findings: ReadonlyMap<LinkId, LinkFinding>): Chain {
  const needsKey = !form.hasKey && findings.get('kms-key')?.status === 'fail' && form.service === 's3'
  const ids = linksOf(needsKey ? { ...form, hasKey: true } : form)
  let isBroken = false
  const links = ids.map((id): ChainLink => {
    const finding = findings.get(id)
    const isReached = finding !== undefined && (!isBroken || finding.status === 'fail' || finding.status === 'pass')
    const status: CheckStatus = isReached ? finding.status : isBroken ? 'skipped' : 'unknown'
    const detail = isReached ? finding.detail : isBroken ? 'not reached' : 'not known'
    if (status === 'fail') isBroken = true
    return { id, status, title: titles[id], detail }
  })
  // A directory is drawn with the same links as a bucket; the contract knows two services.
  return { service: form.service === 'azblob' ? 'azblob' : 's3', links }
}
