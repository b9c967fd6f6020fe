/**
 * One request made ready for matching: lower-case names, the principal read, and the context keys that follow from the
 * request itself. Nothing here depends on a policy.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
import { parseArn } from '../match/arn.ts'
import { foldName } from '../match/fold-name.ts'
import type { ContextLookup } from '../match/template.ts'
import type { AccessRequest } from '../types.ts'
import { type RequestPrincipal, readPrincipal } from './principal.ts'

/** Which rules the policy at the resource follows. */
export type ResourcePolicyKind = 'resource' | 'trust' | 'key'

/** A request's facts. Context names are compared without regard to letter case; the later of two wins. */
export class RequestFacts implements ContextLookup {
  readonly request: AccessRequest
  /** Lower case. */
  readonly action: string
  readonly resource: string
  readonly principal: RequestPrincipal
  readonly resourceAccount: string
  readonly hasBoundary: boolean
  #encryptionContext: ReadonlyMap<string, string> | null = null
  readonly #context: ReadonlyMap<string, readonly string[] | null>
  /** The same list each time, for what is made of it is kept by it. */
  #derived: Map<string, readonly string[]> | null = null

  constructor(request: AccessRequest, hasBoundary: boolean) {
    this.request = request
    this.action = foldName(request.action)
    this.resource = request.resource
    this.hasBoundary = hasBoundary
    this.#context = readContext(request.context)
    this.principal = readPrincipal(request.principal, {
      principalArn: this.#given('aws:principalarn'),
      userId: this.#given('aws:userid'),
      isFederation: this.action === 'sts:assumerolewithwebidentity' || this.action === 'sts:assumerolewithsaml',
    })
    this.resourceAccount = request.resourceAccount || (parseArn(request.resource)?.account ?? '')
  }

  /** Values of a key by its lower-case name, given or derived. */
  values(key: string): readonly string[] | null {
    const given = this.#context.get(key)
    if (given !== undefined) return given
    const known = this.#derived?.get(key)
    if (known !== undefined) return known
    const derived = this.#derive(key)
    if (derived === null || derived === '') return null
    const values = [derived]
    this.#derived ??= new Map()
    this.#derived.set(key, values)
    return values
  }

  /** Tells whether the principal belongs to the account that owns the resource. */
  get isSameAccount(): boolean {
    return this.principal.account !== null && this.principal.account === this.resourceAccount
  }

  /**
   * The pairs of the encryption context, keys in the letters in which they were sent: unlike context keys, KMS tells
   * them apart.
   */
  get encryptionContext(): ReadonlyMap<string, string> {
    if (this.#encryptionContext !== null) return this.#encryptionContext
    const pairs = new Map<string, string>()
    for (const [key, value] of Object.entries(this.request.context)) {
      const text = typeof value === 'string' ? value : value[0]
      const name = key.slice(contextPrefix.length)
      if (text === undefined || name === '' || foldName(key.slice(0, contextPrefix.length)) !== contextPrefix) continue
      pairs.set(name, text)
    }
    this.#encryptionContext = pairs
    return pairs
  }

  #given(key: string): string | null {
    return this.#context.get(key)?.[0] ?? null
  }

  #derive(key: string): string | null {
    const { principal } = this
    switch (key) {
      case 'aws:principalarn':
        return principal.arn
      case 'aws:principalaccount':
        return principal.kind === 'anonymous' ? 'anonymous' : principal.account
      case 'aws:resourceaccount':
        return this.resourceAccount
      case 'aws:principaltype':
        return principalTypes[principal.kind]
      case 'aws:username':
        return principal.kind === 'user' ? principal.text.slice(principal.text.lastIndexOf('/') + 1) : null
      case 'aws:principalisawsservice':
        return principal.kind === 'anonymous' ? null : String(principal.kind === 'service')
      case 'aws:principalservicename':
        return principal.kind === 'service' ? principal.text : null
      default:
        return null
    }
  }
}

const contextPrefix = 'kms:encryptioncontext:'

const principalTypes: Readonly<Record<RequestPrincipal['kind'], string | null>> = {
  user: 'User',
  roleSession: 'AssumedRole',
  federatedUser: 'FederatedUser',
  root: 'Account',
  anonymous: 'Anonymous',
  service: null,
  provider: null,
  unknown: null,
}

/** Tells whose rules the policy at the resource follows; it depends on the request alone. */
export function resourcePolicyKind(action: string, resource: string, hasResourcePolicy: boolean): ResourcePolicyKind {
  if (action.startsWith('kms:')) {
    // Actions on no key (ListKeys, GenerateRandom, aliases) meet no key policy.
    return hasResourcePolicy || parseArn(resource)?.resource.startsWith('key/') ? 'key' : 'resource'
  }
  const isRoleAction =
    action.startsWith('sts:assumerole') || action === 'sts:tagsession' || action === 'sts:setsourceidentity'
  return isRoleAction && parseArn(resource)?.resource.startsWith('role/') ? 'trust' : 'resource'
}

/** A list that is empty, or holds nothing but empty strings, counts as absent. */
function readContext(context: AccessRequest['context']): ReadonlyMap<string, readonly string[] | null> {
  const read = new Map<string, readonly string[] | null>()
  for (const key of Object.keys(context)) {
    const value = context[key]
    if (typeof value === 'string') read.set(foldName(key), [value])
    else if (value !== undefined) read.set(foldName(key), value.some((member) => member !== '') ? value : null)
  }
  return read
}
