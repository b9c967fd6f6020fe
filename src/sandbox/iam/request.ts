/** What every IAM action needs: the caller's account, the right to act, and AWS's refusals. */
import { type DecisionRecord, decide } from '../access/authorize.ts'
import { type Context, prefixed } from '../access/context.ts'
import { notAuthorized, reasonClause } from '../access/denial.ts'
import { AwsError } from '../http/aws-error.ts'
import { type Form, requiredMatching, tagList, validation } from '../http/form.ts'
import { leaf } from '../http/xml.ts'
import type { Account, BoundPolicy, Role, Session, StoredPolicy, User } from '../world/entities.ts'
import { bindPolicy, readPolicy } from '../world/policies.ts'
import type { World } from '../world/world.ts'

/** One authenticated Query request. */
export interface IamRequest {
  readonly world: World
  readonly caller: User | Session
  readonly account: Account
  readonly form: Form
  readonly context: Context
  readonly record: DecisionRecord[]
}

/** Answers with the content of the result element; null when the action has none. */
export type IamAction = (request: IamRequest) => string | null

/** Refuses unless the caller may act on the resource. @throws AwsError `AccessDenied` */
export function allow(request: IamRequest, action: string, resource: string, extra: Context = {}): void {
  const { world, caller, account } = request
  const context = { ...request.context, ...extra }
  const evaluation = decide(
    world,
    caller,
    { action, resource, resourceAccount: account.id, resourcePolicy: null, context },
    request.record,
  )
  if (evaluation.decision === 'allowed') return
  const message = `${notAuthorized(caller, action)} on resource: ${resource}${reasonClause(evaluation, action)}`
  throw new AwsError({ code: 'AccessDenied', status: 403, message })
}

/** The context of an action on something that carries tags. */
export function resourceTags(tags: ReadonlyMap<string, string>): Context {
  return { ...prefixed('aws:ResourceTag/', tags), ...prefixed('iam:ResourceTag/', tags) }
}

const namePattern =
  'The specified value is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-'

/** Returns the name of a role, user or policy. @throws AwsError */
export function entityName(form: Form, parameter: string): string {
  return requiredMatching(form, parameter, /^[\w+=,.@-]{1,128}$/, namePattern)
}

/** Returns the path, `/` when absent. @throws AwsError */
export function entityPath(form: Form): string {
  const path = form.get('Path') ?? '/'
  if (!/^\/(?:[!-.0-~]+\/)*$/.test(path) || path.length > 512)
    throw validation('The specified value for path is invalid.')
  return path
}

/** Returns the role of that name, after the right to act on it was checked. @throws AwsError */
export function existingRole(request: IamRequest, action: string, extra: Context = {}): Role {
  const name = entityName(request.form, 'RoleName')
  const role = request.account.roles.get(name)
  const arn = role?.arn ?? `arn:aws:iam::${request.account.id}:role/${name}`
  allow(request, action, arn, { ...(role === undefined ? {} : resourceTags(role.tags)), ...extra })
  if (role === undefined) throw noSuchEntity(`The role with name ${name} cannot be found.`)
  return role
}

/** Returns the user of that name, or the caller when none is named. @throws AwsError */
export function existingUser(request: IamRequest, action: string): User {
  const named = request.form.get('UserName')
  const name = named ?? (request.caller.kind === 'user' ? request.caller.name : '')
  if (name === '') throw validation('Must specify userName when calling with non-User credentials')
  const user = request.account.users.get(name)
  const arn = user?.arn ?? `arn:aws:iam::${request.account.id}:user/${name}`
  allow(request, action, arn, user === undefined ? {} : resourceTags(user.tags))
  if (user === undefined) throw noSuchEntity(`The user with name ${name} cannot be found.`)
  return user
}

/** Reads an identity policy. @throws AwsError `MalformedPolicyDocument` */
export function identityPolicy(text: string): StoredPolicy {
  const stored = readPolicy(text, 'identity')
  if (!stored.ok) throw malformedPolicy(stored.error)
  return stored.value
}

/** Reads a trust policy and binds its principals. @throws AwsError `MalformedPolicyDocument` */
export function trustPolicy(text: string, world: World): BoundPolicy {
  const bound = bindPolicy(text, 'trust', world)
  if (!bound.ok) throw malformedPolicy(bound.error)
  return bound.value
}

/** Reads the tags of a new role or user. @throws AwsError */
export function entityTags(form: Form): ReadonlyMap<string, string> {
  const pairs = tagList(form, 'Tags')
  const seen = new Set(pairs.map(([key]) => key.toLowerCase()))
  if (seen.size !== pairs.length) {
    throw new AwsError({
      code: 'InvalidInput',
      status: 400,
      message: 'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    })
  }
  if (pairs.length > 50 || pairs.some(([key, value]) => key.length === 0 || key.length > 128 || value.length > 256)) {
    throw validation('A tag key must have 1 to 128 characters, a value at most 256, and there may be 50 tags.')
  }
  return new Map(pairs)
}

/** The refusal of a name that nobody has. */
export function noSuchEntity(message: string): AwsError {
  return new AwsError({ code: 'NoSuchEntity', status: 404, message })
}

/** The refusal of a name that somebody has already. */
export function alreadyExists(message: string): AwsError {
  return new AwsError({ code: 'EntityAlreadyExists', status: 409, message })
}

/** The refusal to delete what still holds something. */
export function deleteConflict(message: string): AwsError {
  return new AwsError({ code: 'DeleteConflict', status: 409, message })
}

function malformedPolicy(message: string): AwsError {
  return new AwsError({ code: 'MalformedPolicyDocument', status: 400, message })
}

/** Writes a policy document as IAM returns it: percent-encoded by RFC 3986. */
export function encodedDocument(name: string, text: string): string {
  const encoded = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return leaf(name, encoded)
}

/** Writes a moment in whole seconds. */
export function moment(name: string, date: Date): string {
  return leaf(name, date.toISOString().replace(/\.\d{3}/, ''))
}
