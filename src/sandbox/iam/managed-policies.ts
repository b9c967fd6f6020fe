/** The IAM actions on managed policies. One version each: the sandbox keeps `v1` and no history. */
import { required } from '../http/form.ts'
import { element, leaf } from '../http/xml.ts'
import type { ManagedPolicy } from '../world/entities.ts'
import { uniqueId } from '../world/identifiers.ts'
import {
  allow,
  alreadyExists,
  encodedDocument,
  entityName,
  entityPath,
  type IamAction,
  type IamRequest,
  identityPolicy,
  moment,
  noSuchEntity,
} from './request.ts'

/** Returns a managed policy that the account can use. @throws AwsError `NoSuchEntity` */
export function managedPolicy(request: IamRequest, arn: string): ManagedPolicy {
  const policy = request.world.managedPolicy(request.account, arn)
  if (policy === null) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`)
  return policy
}

const createPolicy: IamAction = (request) => {
  const { world, account, form } = request
  const name = entityName(form, 'PolicyName')
  const path = entityPath(form)
  const arn = `arn:aws:iam::${account.id}:policy${path}${name}`
  allow(request, 'iam:CreatePolicy', arn)
  if (account.policies.has(arn))
    throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`)
  const stored = identityPolicy(required(form, 'PolicyDocument'))
  const policy = { ...stored, arn, id: uniqueId('ANPA', world.random), name, path, createdAt: world.clock.now() }
  account.policies.set(arn, policy)
  return renderPolicy(policy)
}

const getPolicy: IamAction = (request) => {
  const arn = required(request.form, 'PolicyArn')
  allow(request, 'iam:GetPolicy', arn)
  return renderPolicy(managedPolicy(request, arn))
}

const getPolicyVersion: IamAction = (request) => {
  const arn = required(request.form, 'PolicyArn')
  allow(request, 'iam:GetPolicyVersion', arn)
  const policy = managedPolicy(request, arn)
  const version = required(request.form, 'VersionId')
  if (version !== 'v1') throw noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`)
  return element(
    'PolicyVersion',
    encodedDocument('Document', policy.text),
    leaf('VersionId', 'v1'),
    leaf('IsDefaultVersion', true),
    moment('CreateDate', policy.createdAt),
  )
}

const deletePolicy: IamAction = (request) => {
  const arn = required(request.form, 'PolicyArn')
  allow(request, 'iam:DeletePolicy', arn)
  if (!request.account.policies.delete(arn)) throw noSuchEntity(`Policy ${arn} was not found.`)
  return null
}

function renderPolicy(policy: ManagedPolicy): string {
  return element(
    'Policy',
    leaf('PolicyName', policy.name),
    leaf('PolicyId', policy.id),
    leaf('Arn', policy.arn),
    leaf('Path', policy.path),
    leaf('DefaultVersionId', 'v1'),
    leaf('IsAttachable', true),
    moment('CreateDate', policy.createdAt),
    moment('UpdateDate', policy.createdAt),
  )
}

/** The actions on managed policies, by name. */
export const managedPolicyActions: Readonly<Record<string, IamAction>> = {
  CreatePolicy: createPolicy,
  GetPolicy: getPolicy,
  GetPolicyVersion: getPolicyVersion,
  DeletePolicy: deletePolicy,
}
