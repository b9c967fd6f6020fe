/** What is typed on the set-up page, and the inputs of the operations that come of it. No secret is in it: those are typed later. */
import type { ConnectionDraft, ConnectionInput, Purpose } from '../../../../src/contract/index.ts'

/** How we get in: into a bucket through a role or with an access key, into a container with a SAS token. */
export type Way = 'role' | 'access-key' | 'sas'

export interface Form {
  readonly name: string
  readonly purpose: Purpose
  readonly way: Way
  readonly uri: string
  readonly region: string
  readonly bucketOwner: string
  readonly endpoint: string
  readonly containerUrl: string
  readonly rootPath: string
  /** One `tag=claim` a line; a question mark at the end where the claim may be absent. */
  readonly tags: string
  readonly sendAcl: boolean
  readonly kmsKeyArn: string
  readonly resume: boolean
  readonly adoptExternalId: string
}

export const emptyForm: Form = {
  name: '',
  purpose: 'export',
  way: 'role',
  uri: '',
  region: '',
  bucketOwner: '',
  endpoint: '',
  containerUrl: '',
  rootPath: '',
  tags: '',
  sendAcl: false,
  kmsKeyArn: '',
  resume: false,
  adoptExternalId: '',
}

/** The draft that a form stands for. */
export function draftOf(form: Form, reservation: string | null): ConnectionDraft {
  if (form.way !== 'role') return { ...placeOf(form), authentication: { kind: form.way } }
  return { ...placeOf(form), authentication: { kind: 'role', ...externalIdOf(form, reservation) } }
}

/** What the customer made, typed at the end. */
export interface Made {
  readonly roleArn: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sasToken: string
}

/** The connection that a form stands for, with what the customer made. */
export function inputOf(form: Form, reservation: string | null, made: Made): ConnectionInput {
  return { ...placeOf(form), authentication: authenticationOf(form, reservation, made) }
}

function authenticationOf(form: Form, reservation: string | null, made: Made): ConnectionInput['authentication'] {
  if (form.way === 'sas') return { kind: 'sas', token: made.sasToken.trim() }
  if (form.way === 'access-key') {
    return { kind: 'access-key', accessKeyId: made.accessKeyId.trim(), secretAccessKey: made.secretAccessKey.trim() }
  }
  const roleArn = made.roleArn.trim()
  return { kind: 'role', ...externalIdOf(form, reservation), ...(roleArn === '' ? {} : { roleArn }) }
}

function externalIdOf(form: Form, reservation: string | null): { reservation?: string; adoptExternalId?: string } {
  const adopted = form.adoptExternalId.trim()
  if (adopted !== '') return { adoptExternalId: adopted }
  return reservation === null ? {} : { reservation }
}

function placeOf(form: Form): Omit<ConnectionInput, 'authentication'> {
  const rules = tagRules(form.tags)
  return {
    name: form.name.trim(),
    purpose: form.purpose,
    location: locationOf(form),
    ...(rules.length === 0 ? {} : { identityMapping: { sourceIdentityClaim: 'sub', tags: rules } }),
    ...(form.way === 'sas' ? {} : { writing: writingOf(form) }),
  }
}

function locationOf(form: Form): ConnectionInput['location'] {
  const rootPath = form.rootPath.trim()
  if (form.way === 'sas') return { service: 'azblob', containerUrl: form.containerUrl.trim(), rootPath }
  const endpoint = form.endpoint.trim()
  return {
    service: 's3',
    uri: form.uri.trim(),
    rootPath,
    region: form.region.trim(),
    bucketOwner: form.bucketOwner.trim(),
    ...(endpoint === '' ? {} : { endpoint }),
  }
}

function writingOf(form: Form): NonNullable<ConnectionInput['writing']> {
  const keyArn = form.kmsKeyArn.trim()
  // Nothing is written to a source, whatever the boxes said before its purpose was chosen.
  const isWritten = form.purpose !== 'source'
  return {
    acl: isWritten && form.sendAcl ? 'bucket-owner-full-control' : 'none',
    resume: isWritten && form.resume,
    ...(keyArn === '' ? {} : { encryption: { kind: 'sse-kms', keyArn } }),
  }
}

/** Reads the lines; a line without a claim of its own takes the claim of the tag's name. */
function tagRules(text: string): NonNullable<ConnectionInput['identityMapping']>['tags'] {
  const lines = text.split(/[\n,]/).map((line) => line.trim())
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const required = !line.endsWith('?')
      const [tag = '', claim = tag] = line
        .replace(/\?$/, '')
        .split('=', 2)
        .map((part) => part.trim())
      return { tag, claim, required }
    })
}
