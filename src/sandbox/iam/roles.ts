/** The IAM actions on roles. */

import { prefixed } from '../access/context.ts'
import { constraint, type Form, integer, list, required } from '../http/form.ts'
import { element, leaf } from '../http/xml.ts'
import type { Role } from '../world/entities.ts'
import { currentPolicy } from '../world/policies.ts'
import type { World } from '../world/world.ts'
import { managedPolicy } from './managed-policies.ts'
import {
  allow,
  alreadyExists,
  deleteConflict,
  encodedDocument,
  entityName,
  entityPath,
  entityTags,
  existingRole,
  type IamAction,
  identityPolicy,
  moment,
  noSuchEntity,
  trustPolicy,
} from './request.ts'

const createRole: IamAction = (request) => {
  const { world, account, form } = request
  const name = entityName(form, 'RoleName')
  const path = entityPath(form)
  const tags = entityTags(form)
  const boundaryArn = form.get('PermissionsBoundary')
  allow(request, 'iam:CreateRole', `arn:aws:iam::${account.id}:role${path}${name}`, {
    ...prefixed('aws:RequestTag/', tags),
    ...(tags.size === 0 ? {} : { 'aws:TagKeys': [...tags.keys()] }),
    ...(boundaryArn === undefined ? {} : { 'iam:PermissionsBoundary': boundaryArn }),
  })
  if (account.roles.has(name)) throw alreadyExists(`Role with name ${name} already exists.`)
  const trust = trustPolicy(required(form, 'AssumeRolePolicyDocument'), world)
  const maximumSessionSeconds = sessionLimit(form)
  const boundary = boundaryArn === undefined ? null : managedPolicy(request, boundaryArn)
  const role = world.addRole(account, name, path, tags, trust)
  role.maximumSessionSeconds = maximumSessionSeconds
  role.description = form.get('Description') ?? ''
  role.boundary = boundary
  return renderRole(role, world)
}

const getRole: IamAction = (request) => renderRole(existingRole(request, 'iam:GetRole'), request.world)

const listRoles: IamAction = (request) => {
  allow(request, 'iam:ListRoles', `arn:aws:iam::${request.account.id}:role/`)
  const roles = [...request.account.roles.values()].map((role) => roleContent('member', role, request.world))
  return element('Roles', ...roles) + leaf('IsTruncated', false)
}

const updateRole: IamAction = (request) => {
  const role = existingRole(request, 'iam:UpdateRole')
  if (request.form.has('MaxSessionDuration')) role.maximumSessionSeconds = sessionLimit(request.form)
  role.description = request.form.get('Description') ?? role.description
  return ''
}

const updateAssumeRolePolicy: IamAction = (request) => {
  const role = existingRole(request, 'iam:UpdateAssumeRolePolicy')
  role.trust = trustPolicy(required(request.form, 'PolicyDocument'), request.world)
  return null
}

const deleteRole: IamAction = (request) => {
  const role = existingRole(request, 'iam:DeleteRole')
  if (role.inline.size > 0) throw deleteConflict('Cannot delete entity, must delete policies first.')
  if (role.attached.size > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.')
  request.world.removeRole(request.account, role)
  return null
}

const putRolePolicy: IamAction = (request) => {
  const role = existingRole(request, 'iam:PutRolePolicy')
  const name = entityName(request.form, 'PolicyName')
  role.inline.set(name, identityPolicy(required(request.form, 'PolicyDocument')))
  return null
}

const getRolePolicy: IamAction = (request) => {
  const role = existingRole(request, 'iam:GetRolePolicy')
  const name = entityName(request.form, 'PolicyName')
  const stored = role.inline.get(name)
  if (stored === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`)
  return leaf('RoleName', role.name) + leaf('PolicyName', name) + encodedDocument('PolicyDocument', stored.text)
}

const deleteRolePolicy: IamAction = (request) => {
  const role = existingRole(request, 'iam:DeleteRolePolicy')
  const name = entityName(request.form, 'PolicyName')
  if (!role.inline.delete(name)) throw noSuchEntity(`The role policy with name ${name} cannot be found.`)
  return null
}

const listRolePolicies: IamAction = (request) => {
  const role = existingRole(request, 'iam:ListRolePolicies')
  const names = [...role.inline.keys()].map((name) => leaf('member', name))
  return element('PolicyNames', ...names) + leaf('IsTruncated', false)
}

const attachRolePolicy: IamAction = (request) => {
  const arn = required(request.form, 'PolicyArn')
  const role = existingRole(request, 'iam:AttachRolePolicy', { 'iam:PolicyARN': arn })
  role.attached.set(arn, managedPolicy(request, arn))
  return null
}

const detachRolePolicy: IamAction = (request) => {
  const arn = required(request.form, 'PolicyArn')
  const role = existingRole(request, 'iam:DetachRolePolicy', { 'iam:PolicyARN': arn })
  if (!role.attached.delete(arn)) throw noSuchEntity(`Policy ${arn} was not found.`)
  return null
}

const listAttachedRolePolicies: IamAction = (request) => {
  const role = existingRole(request, 'iam:ListAttachedRolePolicies')
  const policies = [...role.attached.values()].map((policy) =>
    element('member', leaf('PolicyName', policy.name), leaf('PolicyArn', policy.arn)),
  )
  return element('AttachedPolicies', ...policies) + leaf('IsTruncated', false)
}

const tagRole: IamAction = (request) => {
  const tags = entityTags(request.form)
  const role = existingRole(request, 'iam:TagRole', prefixed('aws:RequestTag/', tags))
  for (const [key, value] of tags) {
    for (const held of [...role.tags.keys()]) if (held.toLowerCase() === key.toLowerCase()) role.tags.delete(held)
    role.tags.set(key, value)
  }
  return null
}

const untagRole: IamAction = (request) => {
  const role = existingRole(request, 'iam:UntagRole')
  for (const key of list(request.form, 'TagKeys')) role.tags.delete(key)
  return null
}

const listRoleTags: IamAction = (request) => {
  const role = existingRole(request, 'iam:ListRoleTags')
  return element('Tags', ...renderTags(role.tags)) + leaf('IsTruncated', false)
}

const putRolePermissionsBoundary: IamAction = (request) => {
  const arn = required(request.form, 'PermissionsBoundary')
  const role = existingRole(request, 'iam:PutRolePermissionsBoundary', { 'iam:PermissionsBoundary': arn })
  role.boundary = managedPolicy(request, arn)
  return null
}

const deleteRolePermissionsBoundary: IamAction = (request) => {
  existingRole(request, 'iam:DeleteRolePermissionsBoundary').boundary = null
  return null
}

function sessionLimit(form: Form): number {
  const seconds = integer(form, 'MaxSessionDuration', 3600)
  if (seconds < 3600 || seconds > 43_200) {
    throw constraint(
      `Value '${seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200`,
    )
  }
  return seconds
}

function renderRole(role: Role, world: World): string {
  return roleContent('Role', role, world)
}

function roleContent(name: string, role: Role, world: World): string {
  return element(
    name,
    leaf('Path', role.path),
    leaf('RoleName', role.name),
    leaf('RoleId', role.id),
    leaf('Arn', role.arn),
    moment('CreateDate', role.createdAt),
    encodedDocument('AssumeRolePolicyDocument', currentPolicy(role.trust, world).text),
    role.description === '' ? null : leaf('Description', role.description),
    leaf('MaxSessionDuration', role.maximumSessionSeconds),
    role.boundary === null
      ? null
      : element(
          'PermissionsBoundary',
          leaf('PermissionsBoundaryType', 'Policy'),
          leaf('PermissionsBoundaryArn', role.boundary.arn),
        ),
    role.tags.size === 0 ? null : element('Tags', ...renderTags(role.tags)),
  )
}

function renderTags(tags: ReadonlyMap<string, string>): readonly string[] {
  return [...tags].map(([key, value]) => element('member', leaf('Key', key), leaf('Value', value)))
}

/** The actions on roles, by name. */
export const roleActions: Readonly<Record<string, IamAction>> = {
  CreateRole: createRole,
  GetRole: getRole,
  ListRoles: listRoles,
  UpdateRole: updateRole,
  UpdateAssumeRolePolicy: updateAssumeRolePolicy,
  DeleteRole: deleteRole,
  PutRolePolicy: putRolePolicy,
  GetRolePolicy: getRolePolicy,
  DeleteRolePolicy: deleteRolePolicy,
  ListRolePolicies: listRolePolicies,
  AttachRolePolicy: attachRolePolicy,
  DetachRolePolicy: detachRolePolicy,
  ListAttachedRolePolicies: listAttachedRolePolicies,
  TagRole: tagRole,
  UntagRole: untagRole,
  ListRoleTags: listRoleTags,
  PutRolePermissionsBoundary: putRolePermissionsBoundary,
  DeleteRolePermissionsBoundary: deleteRolePermissionsBoundary,
}
