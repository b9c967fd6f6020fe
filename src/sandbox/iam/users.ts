/** The IAM actions on users and their access keys. */
import { AwsError } from '../http/aws-error.ts'
import { required } from '../http/form.ts'
import { element, leaf } from '../http/xml.ts'
import type { User } from '../world/entities.ts'
import { managedPolicy } from './managed-policies.ts'
import {
  allow,
  alreadyExists,
  encodedDocument,
  entityName,
  entityPath,
  entityTags,
  existingUser,
  type IamAction,
  identityPolicy,
  moment,
  noSuchEntity,
} from './request.ts'

const createUser: IamAction = (request) => {
  const { world, account, form } = request
  const name = entityName(form, 'UserName')
  const path = entityPath(form)
  allow(request, 'iam:CreateUser', `arn:aws:iam::${account.id}:user${path}${name}`)
  if (account.users.has(name)) throw alreadyExists(`User with name ${name} already exists.`)
  return renderUser(world.addUser(account, name, path, entityTags(form)))
}

const getUser: IamAction = (request) => renderUser(existingUser(request, 'iam:GetUser'))

const putUserPolicy: IamAction = (request) => {
  const user = existingUser(request, 'iam:PutUserPolicy')
  user.inline.set(entityName(request.form, 'PolicyName'), identityPolicy(required(request.form, 'PolicyDocument')))
  return null
}

const getUserPolicy: IamAction = (request) => {
  const user = existingUser(request, 'iam:GetUserPolicy')
  const name = entityName(request.form, 'PolicyName')
  const stored = user.inline.get(name)
  if (stored === undefined) throw noSuchEntity(`The user policy with name ${name} cannot be found.`)
  return leaf('UserName', user.name) + leaf('PolicyName', name) + encodedDocument('PolicyDocument', stored.text)
}

const deleteUserPolicy: IamAction = (request) => {
  const user = existingUser(request, 'iam:DeleteUserPolicy')
  const name = entityName(request.form, 'PolicyName')
  if (!user.inline.delete(name)) throw noSuchEntity(`The user policy with name ${name} cannot be found.`)
  return null
}

const attachUserPolicy: IamAction = (request) => {
  const user = existingUser(request, 'iam:AttachUserPolicy')
  const arn = required(request.form, 'PolicyArn')
  user.attached.set(arn, managedPolicy(request, arn))
  return null
}

const putUserPermissionsBoundary: IamAction = (request) => {
  const user = existingUser(request, 'iam:PutUserPermissionsBoundary')
  user.boundary = managedPolicy(request, required(request.form, 'PermissionsBoundary'))
  return null
}

const createAccessKey: IamAction = (request) => {
  const user = existingUser(request, 'iam:CreateAccessKey')
  if (user.accessKeyIds.length >= 2) {
    throw new AwsError({ code: 'LimitExceeded', status: 409, message: 'Cannot exceed quota for AccessKeysPerUser: 2' })
  }
  const key = request.world.addUserKey(user)
  return element(
    'AccessKey',
    leaf('UserName', user.name),
    leaf('AccessKeyId', key.accessKeyId),
    leaf('Status', 'Active'),
    leaf('SecretAccessKey', key.secretAccessKey.reveal()),
    moment('CreateDate', request.world.clock.now()),
  )
}

const listAccessKeys: IamAction = (request) => {
  const user = existingUser(request, 'iam:ListAccessKeys')
  const keys = user.accessKeyIds.map((id) =>
    element('member', leaf('UserName', user.name), leaf('AccessKeyId', id), leaf('Status', 'Active')),
  )
  return element('AccessKeyMetadata', ...keys) + leaf('IsTruncated', false)
}

const deleteAccessKey: IamAction = (request) => {
  const user = existingUser(request, 'iam:DeleteAccessKey')
  const id = required(request.form, 'AccessKeyId')
  if (!request.world.removeUserKey(user, id)) throw noSuchEntity(`The Access Key with id ${id} cannot be found.`)
  return null
}

function renderUser(user: User): string {
  return element(
    'User',
    leaf('Path', user.path),
    leaf('UserName', user.name),
    leaf('UserId', user.id),
    leaf('Arn', user.arn),
    moment('CreateDate', user.createdAt),
  )
}

/** The actions on users, by name. */
export const userActions: Readonly<Record<string, IamAction>> = {
  CreateUser: createUser,
  GetUser: getUser,
  PutUserPolicy: putUserPolicy,
  GetUserPolicy: getUserPolicy,
  DeleteUserPolicy: deleteUserPolicy,
  AttachUserPolicy: attachUserPolicy,
  PutUserPermissionsBoundary: putUserPermissionsBoundary,
  CreateAccessKey: createAccessKey,
  ListAccessKeys: listAccessKeys,
  DeleteAccessKey: deleteAccessKey,
}
