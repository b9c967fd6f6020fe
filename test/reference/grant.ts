/** Grants on a key (rule 31), as KMS's pages on grants and on its order of evaluation describe them. */
import type { Reach } from './principal.ts'
import { reachOf } from './principal.ts'
import type { ModelRequest } from './request.ts'

/** A grant as `ListGrants` prints it. */
export interface ListedGrant {
  readonly KeyId?: string
  readonly GranteePrincipal?: string
  readonly GranteeServicePrincipal?: string
  readonly IssuingAccount?: string
  readonly Operations: readonly string[]
  readonly Constraints?: {
    readonly EncryptionContextEquals?: Readonly<Record<string, string>>
    readonly EncryptionContextSubset?: Readonly<Record<string, string>>
    readonly SourceArn?: string
  }
}

export interface ModelGrant {
  readonly reach: Reach
  /** Issued under the account of the caller. */
  readonly isOfCallersAccount: boolean
}

/** The grants that let the caller do it. */
export function grantsFor(request: ModelRequest, grants: readonly ListedGrant[]): readonly ModelGrant[] {
  return grants.flatMap((grant): ModelGrant[] => {
    const isThisKey = !grant.KeyId?.startsWith('arn:') || grant.KeyId === request.resource
    const reach = reachOf(granteeStatement(grant), request, false)
    const operation = request.action.split(':')[1]?.toLowerCase()
    const isOperation = grant.Operations.some((one) => one.toLowerCase() === operation)
    if (!isThisKey || reach === null || !isOperation || !isWithin(grant, operation ?? '', request)) return []
    const issuer = grant.IssuingAccount?.split(':')[4] ?? request.resourceAccount
    return [{ reach, isOfCallersAccount: issuer === request.account }]
  })
}

/** A grantee is named as a Principal element would name it, but never by a star. */
function granteeStatement(grant: ListedGrant): Parameters<typeof reachOf>[0] {
  const named: (readonly [string, string])[] = []
  for (const grantee of [grant.GranteePrincipal ?? grant.GranteeServicePrincipal ?? '']) {
    if (grantee !== '*') named.push(['AWS', grantee], ['Service', grantee])
  }
  return {
    index: 0,
    sid: null,
    isAllow: true,
    actions: [],
    actionsAreNegated: false,
    resources: null,
    resourcesAreNegated: false,
    principals: named,
    principalsAreNegated: false,
    conditions: [],
    hasVariables: false,
  }
}

const withEncryptionContext = [
  ...['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'],
  ...['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'],
].map((name) => name.toLowerCase())

function isWithin({ Constraints = {}, Operations }: ListedGrant, operation: string, request: ModelRequest): boolean {
  const { EncryptionContextEquals: same, EncryptionContextSubset: some, SourceArn } = Constraints
  if (SourceArn !== undefined && !(request.valuesOf('aws:SourceArn') ?? []).includes(SourceArn)) return false
  if (operation === 'creategrant') {
    const asked = request.valuesOf('kms:GrantOperations')
    if (asked === null || asked.some((one) => !Operations.includes(one))) return false
  }
  if ((same === undefined && some === undefined) || ['describekey', 'retiregrant'].includes(operation)) return true
  // Whether a new grant is as strict as this one can't be seen from the request's context.
  if (!withEncryptionContext.includes(operation)) return false
  const given = request.encryptionContext
  if (given.size === 0) return false
  const has = (wanted: Readonly<Record<string, string>>) =>
    Object.keys(wanted).every((key) => given.get(key) === wanted[key])
  if (same !== undefined && !(has(same) && given.size === Object.keys(same).length)) return false
  return some === undefined || has(some)
}
