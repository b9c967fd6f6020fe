/** A scenario: the policies around one kind of caller and one kind of resource, and several requests to try them with. */
import fc from 'fast-check'
import type { AccessRequest, EvaluationSettings } from '../../../src/iam/index.ts'
import type { ListedGrant } from '../../reference/index.ts'
import { anyCondition, anyContext, placelessCondition, publicCondition, type WrittenCondition } from './conditions.ts'
import { anyGrantContext, anyGrants } from './grants.ts'
import {
  accounts,
  actions,
  federatedActions,
  federatedOf,
  otherAccount,
  ownAccount,
  providerName,
  resources,
  roleId,
  roleOf,
  rootOf,
  type Service,
  samlProvider,
  serviceName,
  services,
  sessionOf,
  userId,
  userOf,
} from './names.ts'
import {
  allowAll,
  controlPolicy,
  endpointPolicy,
  principalLess,
  resourcePolicy,
  type WrittenPolicy,
} from './policies.ts'

export type CallerKind =
  | 'user'
  | 'session'
  | 'role'
  | 'federated'
  | 'root'
  | 'service'
  | 'provider'
  | 'anonymous'
  | 'serviceLinked'

/** The policies of a case file: what is absent there is null or empty here. */
export interface WrittenPolicies {
  readonly identity: readonly WrittenPolicy[]
  readonly boundary: WrittenPolicy | null
  readonly session: WrittenPolicy | null
  readonly scp: readonly (readonly WrittenPolicy[])[]
  readonly rcp: readonly (readonly WrittenPolicy[])[]
  readonly resource: WrittenPolicy | null
  readonly vpcEndpoint: WrittenPolicy | null
  /** Only at a key. */
  readonly grants?: readonly ListedGrant[]
}

export interface Scenario {
  readonly service: Service
  readonly caller: CallerKind
  readonly policies: WrittenPolicies
  readonly settings: EvaluationSettings
  readonly requests: readonly AccessRequest[]
}

const callers: Readonly<Record<Service, readonly CallerKind[]>> = {
  s3: [
    'user',
    'user',
    'session',
    'session',
    'session',
    'role',
    'federated',
    'root',
    'service',
    'anonymous',
    'serviceLinked',
  ],
  trust: ['user', 'session', 'session', 'role', 'root', 'service', 'provider', 'anonymous'],
  key: ['user', 'user', 'session', 'session', 'role', 'root', 'service', 'anonymous', 'serviceLinked'],
}

function principals(caller: CallerKind): readonly string[] {
  if (caller === 'service') return [serviceName]
  if (caller === 'provider') return [providerName, samlProvider]
  if (caller === 'anonymous') return ['*']
  return accounts.flatMap((account) => {
    if (caller === 'user') return [userOf(account), userOf(account, 'team/kim')]
    if (caller === 'session') return [sessionOf(account), sessionOf(account, 'app', 'joe')]
    if (caller === 'role') return [roleOf(account)]
    if (caller === 'federated') return [federatedOf(account)]
    if (caller === 'root') return [rootOf(account)]
    return [sessionOf(account, 'AWSServiceRoleForX', 'x')]
  })
}

/** A session's ARN does not tell its role's path; the context may. */
function withPath(request: AccessRequest, path: string | null): AccessRequest {
  if (path === null || !request.principal.includes(':assumed-role/')) return request
  const [, account = ownAccount, role = 'app'] = /::(\d+):assumed-role\/([^/]+)/.exec(request.principal) ?? []
  return { ...request, context: { ...request.context, 'aws:PrincipalArn': roleOf(account, `${path}${role}`) } }
}

/** The unique id that a request carries, if it does. */
function uniqueId(caller: CallerKind): fc.Arbitrary<string | null> {
  if (caller === 'user') return fc.constantFrom(null, userId)
  return fc.constantFrom(null, caller === 'session' || caller === 'role' ? `${roleId}:kim` : null)
}

const contextOfKeyUse = fc.tuple(anyContext, anyGrantContext).map(([one, other]) => ({ ...one, ...other }))

function request(service: Service, caller: CallerKind): fc.Arbitrary<AccessRequest> {
  const path =
    caller === 'serviceLinked'
      ? fc.constant('aws-service-role/x.amazonaws.com/')
      : fc.constantFrom(null, null, null, 'path/')
  const plain = fc.record({
    principal: fc.constantFrom(...principals(caller)),
    action: fc.constantFrom(...(caller === 'provider' ? federatedActions : actions[service])),
    resource: fc.constantFrom(...resources[service]),
    resourceAccount: fc.constant(ownAccount),
    context: service === 'key' ? contextOfKeyUse : anyContext,
  })
  return fc
    .tuple(plain, path, uniqueId(caller))
    .map(([one, rolePath, id]) =>
      withPath(id === null ? one : { ...one, context: { ...one.context, 'aws:userid': id } }, rolePath),
    )
}

function perhaps<T>(arbitrary: fc.Arbitrary<T>, freq: number): fc.Arbitrary<T | null> {
  return fc.option(arbitrary, { nil: null, freq })
}

type Conditions = fc.Arbitrary<WrittenCondition>

function levels(service: Service, condition: Conditions): fc.Arbitrary<readonly (readonly WrittenPolicy[])[]> {
  const any = principalLess(service, condition)
  const level = fc.oneof(
    { weight: 3, arbitrary: fc.constant([allowAll]) },
    { weight: 2, arbitrary: fc.array(any, { minLength: 1, maxLength: 2 }) },
    { weight: 2, arbitrary: any.map((one) => [allowAll, one]) },
  )
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(level, { maxLength: 2 }) },
  )
}

function fence(service: Service, condition: Conditions): fc.Arbitrary<WrittenPolicy | null> {
  return fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constant(allowAll) },
    { weight: 2, arbitrary: principalLess(service, condition) },
  )
}

const hasIdentity: readonly CallerKind[] = ['user', 'session', 'role', 'federated', 'serviceLinked']
const hasSession: readonly CallerKind[] = ['session', 'role', 'federated', 'serviceLinked']

function policies(service: Service, caller: CallerKind, isRestricted: boolean): fc.Arbitrary<WrittenPolicies> {
  const condition = caller === 'service' || caller === 'provider' ? placelessCondition : anyCondition
  const own = hasIdentity.includes(caller)
  const none = fc.constant(null)
  const endpoint = fc.oneof(
    { weight: 8, arbitrary: none },
    { weight: 1, arbitrary: endpointPolicy(service, condition) },
  )
  const identity = fc.oneof(
    { weight: 3, arbitrary: principalLess(service, condition) },
    { weight: 2, arbitrary: fc.constant(allowAll) },
  )
  const control = fc.array(fc.array(controlPolicy(service, condition), { maxLength: 1 }), { maxLength: 2 })
  const grants = service === 'key' ? anyGrants(principals(caller)) : fc.constant([])
  return fc.record({
    identity: own ? fc.array(identity, { maxLength: 3 }) : fc.constant([]),
    boundary: own ? fence(service, condition) : none,
    session: hasSession.includes(caller) ? fence(service, condition) : none,
    scp: levels(service, condition),
    rcp: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: control }),
    resource: perhaps(resourcePolicy(service, isRestricted ? publicCondition : condition), 6),
    vpcEndpoint: caller === 'service' ? none : endpoint,
    grants,
  })
}

/** Whose the objects are: mostly the bucket owner's. */
function ownership(service: Service): fc.Arbitrary<EvaluationSettings> {
  if (service !== 's3') return fc.constant({})
  return fc.constantFrom<EvaluationSettings>(
    {},
    {},
    {},
    { s3: { objectOwner: ownAccount } },
    { s3: { objectOwner: otherAccount } },
    { s3: { objectOwner: otherAccount, objectAcl: 'private' } },
    { s3: { objectOwner: otherAccount, objectAcl: 'bucket-owner-full-control' } },
  )
}

/** Scenarios of all kinds, each with so many requests at most. */
export function anyScenario(requestCount: number): fc.Arbitrary<Scenario> {
  return fc
    .constantFrom(...services, 's3' as const)
    .chain((service) =>
      fc.tuple(
        fc.constant(service),
        fc.constantFrom(...callers[service]),
        fc.constantFrom(false, false, false, service === 's3'),
      ),
    )
    .chain(([service, caller, isRestricted]) =>
      fc.record({
        service: fc.constant(service),
        caller: fc.constant(caller),
        policies: policies(service, caller, isRestricted),
        settings: isRestricted ? fc.constant({ s3: { restrictPublicBuckets: true } }) : ownership(service),
        requests: fc.array(request(service, caller), { minLength: requestCount, maxLength: requestCount }),
      }),
    )
}
