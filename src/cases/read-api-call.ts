/** Reads one API call of a call file. What a call means is for `operations` to say. */
import type { ApiCall, Encryption } from '../iam/index.ts'
import { Form } from './form.ts'

const operations = [
  'sts:AssumeRole',
  's3:PutObject',
  's3:GetObject',
  's3:HeadObject',
  's3:DeleteObject',
  's3:AbortMultipartUpload',
  's3:ListParts',
  's3:ListObjectsV2',
  's3:ListMultipartUploads',
  's3:HeadBucket',
  's3:GetBucketLocation',
] as const satisfies readonly ApiCall['operation'][]

const sharedMembers = ['operation', 'roleArn', 'tags', 'sourceIdentity', 'region', 'sourceIp', 'context'] as const
const assumeMembers = [...sharedMembers, 'caller', 'callerPrincipalArn', 'externalId', 'sessionName']
const sessionMembers = [...sharedMembers, 'session', 'bucket', 'bucketOwner']
const objectMembers = [...sessionMembers, 'key']
const encryptedMembers = [...objectMembers, 'bucketKeyArn', 'usesBucketKeys']

/** Reads a call; null when its operation is none of ours. Problems are noted in the list. */
export function readApiCall(value: unknown, where: string, problems: string[]): ApiCall | null {
  const operation = Form.read(value, where, problems).choice('operation', operations)
  switch (operation) {
    case null:
      return null
    case 'sts:AssumeRole':
      return readAssumeRole(Form.read(value, where, problems, assumeMembers))
    case 's3:PutObject': {
      const form = Form.read(value, where, problems, [...encryptedMembers, 'acl', 'encryption', 'multipart'])
      return {
        operation,
        ...readObject(form),
        ...readBucketKey(form),
        acl: form.has('acl') ? (form.choice('acl', ['none', 'bucket-owner-full-control']) ?? 'none') : 'none',
        encryption: readEncryption(form),
        multipart: form.optionalBoolean('multipart') ?? false,
      }
    }
    case 's3:GetObject': {
      const form = Form.read(value, where, problems, encryptedMembers)
      return { operation, ...readObject(form), ...readBucketKey(form) }
    }
    case 's3:HeadObject':
    case 's3:DeleteObject':
    case 's3:AbortMultipartUpload':
    case 's3:ListParts':
      return { operation, ...readObject(Form.read(value, where, problems, objectMembers)) }
    default: {
      const form = Form.read(value, where, problems, [...sessionMembers, 'prefix'])
      return { operation, ...readSession(form), prefix: form.optionalString('prefix') }
    }
  }
}

function readShared(form: Form) {
  return {
    roleArn: form.string('roleArn'),
    tags: form.texts('tags'),
    sourceIdentity: form.optionalString('sourceIdentity'),
    region: form.string('region'),
    sourceIp: form.optionalString('sourceIp'),
    ...(form.has('context') ? { context: form.context('context') } : {}),
  }
}

function readAssumeRole(form: Form): ApiCall {
  const sessionName = form.optionalString('sessionName')
  const caller = form.string('caller')
  return {
    operation: 'sts:AssumeRole',
    ...readShared(form),
    caller,
    callerPrincipalArn: form.optionalString('callerPrincipalArn') ?? caller,
    externalId: form.optionalString('externalId'),
    ...(sessionName === null ? {} : { sessionName }),
  }
}

function readSession(form: Form) {
  return {
    ...readShared(form),
    session: form.string('session'),
    bucket: form.string('bucket'),
    bucketOwner: form.string('bucketOwner'),
  }
}

function readObject(form: Form) {
  return { ...readSession(form), key: form.string('key') }
}

function readBucketKey(form: Form) {
  const usesBucketKeys = form.optionalBoolean('usesBucketKeys')
  return {
    bucketKeyArn: form.optionalString('bucketKeyArn'),
    ...(usesBucketKeys === undefined ? {} : { usesBucketKeys }),
  }
}

function readEncryption(form: Form): Encryption {
  const encryption = form.optionalObject('encryption', ['kind', 'keyArn'])
  const kind = encryption?.choice('kind', ['bucket-default', 'sse-s3', 'sse-kms']) ?? 'bucket-default'
  return kind === 'sse-kms' ? { kind, keyArn: encryption?.string('keyArn') ?? '' } : { kind }
}
