/** The options of `connection add` and `connection change`, and the nested input that they stand for. */
import { type Command, Option } from 'commander'
import type {
  ConnectionChange,
  ConnectionDraft,
  ConnectionInput,
  IdentityMapping,
  Purpose,
  Writing,
} from '../../contract/index.ts'
import { UsageError } from '../failure.ts'
import { readSecret } from './files.ts'
import type { Options } from './form.ts'
import { declareObjectSettings, objectSettingsOf } from './object-settings.ts'
import type { Run } from './run.ts'

type RoleInput = Extract<ConnectionInput['authentication'], { kind: 'role' }>

/** Declares what `connection add` takes beside the name. */
export function declareAdd(command: Command): void {
  declarePlace(command)
  command
    .option('--access-key-id <id>', 'access key instead of a role; the secret comes with --secret-file')
    .option('--secret-file <file>', 'the file with the secret access key; `-` is standard input')
    .option('--sas-file <file>', 'Azure: the file with the SAS token; `-` is standard input')
  declareUse(command)
}

/** Declares what `connection draft` takes beside the name: what `connection add` does, but for what the customer has yet to make. */
export function declareDraft(command: Command): void {
  declarePlace(command)
  command.option('--access-key', 'an access key instead of a role').option('--out <folder>', 'write the files there')
  declareUse(command)
}

function declarePlace(command: Command): void {
  command
    .argument('<name>', 'its name: lower-case letters, digits and hyphens')
    .addOption(
      new Option('--purpose <purpose>', 'what it is for, which fixes the rights it needs')
        .choices(['source', 'enrichment', 'export'])
        .makeOptionMandatory(),
    )
    .option('--uri <uri>', 'an S3 bucket: `s3://bucket`')
    .option('--container-url <url>', 'an Azure container: `https://account.blob.core.windows.net/container`')
    .option('--folder <path>', 'a folder of this machine')
    .option('--root-path <path>', 'the folder inside: `reports/`', '')
    .option('--region <region>', "S3: the bucket's region")
    .option('--bucket-owner <account>', 'S3: the account that owns the bucket')
    .option('--endpoint <url>', 'S3: an endpoint of its own, for compatible stores and the sandbox')
    .option('--role-arn <arn>', 'role: its full ARN; absent: the role that the set-up kit creates')
    .option('--reservation <id>', 'role: an External ID that was reserved before')
    .option('--adopt-external-id <id>', 'role: an External ID that already stands in a trust policy')
    .option('--without-external-id', 'role: none, for a role in our own account')
    .option('--web-identity', 'role: opened by an ID token of ours, as the configuration makes them')
}

/** Declares what `connection change` takes beside the name. */
export function declareChange(command: Command): void {
  command
    .argument('<name>', "the connection's name")
    .option('--role-arn <arn>', 'role: its full ARN')
    .option('--sas-file <file>', 'Azure: the file with a new SAS token; `-` is standard input')
    .option('--access-key-id <id>', 'access key: a new one, tried before it replaces the old; with --secret-file')
    .option('--secret-file <file>', 'the file with the new secret access key; `-` is standard input')
    .option('--no-resume', 'do not resume uploads any more')
    .option('--no-probe-outside-root', 'they do not agree to it any more')
  declareUse(command)
}

function declareUse(command: Command): void {
  command
    .option('--sts-region <region>', 'role: the region whose STS is asked')
    .option('--duration <seconds>', 'role: how long a session lives, 900 to 43200')
    .option('--source-identity-claim <claim>', 'the claim that names the person in their CloudTrail')
    .option('--tag <tag=claim>', 'a session tag from a claim; `tag=claim?` when it may be absent; repeatable', append)
    .addOption(new Option('--acl <acl>', 'the ACL that is sent').choices(['none', 'bucket-owner-full-control']))
    .addOption(new Option('--encryption <kind>', 'what is sent about encryption').choices(['bucket-default', 'sse-s3']))
    .option('--kms-key <arn>', 'encrypt with this KMS key')
    .option('--resume', 'resume large uploads; they grant the multipart rights for it')
    .option('--probe-outside-root', 'they agree that verifying tries a write beside the root path; nothing is stored')
    .option('--bucket-key', 'with --kms-key: let S3 use a key of the bucket, with fewer calls of KMS')
  declareObjectSettings(command)
}

function append(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value]
}

/** Gathers the input of `connection.add`. */
export async function addInput(run: Run, name: string, options: Options): Promise<ConnectionInput> {
  return { ...placeInput(name, options), authentication: await authenticationOf(run, options) }
}

/** Gathers the input of `connection.draft`. */
export function draftInput(name: string, options: Options): ConnectionDraft {
  return { ...placeInput(name, options), authentication: draftAuthentication(options) }
}

function placeInput(name: string, options: Options): Omit<ConnectionInput, 'authentication'> {
  return {
    name,
    purpose: text(options, 'purpose') as Purpose,
    location: locationOf(options),
    ...present('identityMapping', mappingOf(options)),
    ...present('writing', writingOf(options)),
  }
}

function draftAuthentication(options: Options): ConnectionDraft['authentication'] {
  if (options['accessKey'] === true) return { kind: 'access-key' }
  if (text(options, 'containerUrl') !== undefined) return { kind: 'sas' }
  return text(options, 'folder') === undefined ? roleOf(options) : { kind: 'none' }
}

/** Gathers the input of `connection.change`. */
export async function changeInput(run: Run, options: Options): Promise<ConnectionChange> {
  const mapping = mappingOf(options)
  const writing = writingOf(options)
  const sasFile = text(options, 'sasFile')
  const sasToken = sasFile === undefined ? undefined : (await readSecret(sasFile, run.terminal.stdin)).reveal()
  const accessKeyId = text(options, 'accessKeyId')
  const secretAccessKey =
    accessKeyId === undefined
      ? undefined
      : (await readSecret(needed(options, 'secretFile', '--secret-file'), run.terminal.stdin)).reveal()
  const change: ConnectionChange = {
    ...present('accessKeyId', accessKeyId),
    ...present('secretAccessKey', secretAccessKey),
    ...present('roleArn', text(options, 'roleArn')),
    ...present('stsRegion', text(options, 'stsRegion')),
    ...present('durationSeconds', seconds(options)),
    ...present('identityMapping', mapping),
    ...present('writing', writing),
    ...present('sasToken', sasToken),
  }
  if (Object.keys(change).length > 0) return change
  throw new UsageError('there is nothing to change', '--help lists what can be changed')
}

function locationOf(options: Options): ConnectionInput['location'] {
  const rootPath = text(options, 'rootPath') ?? ''
  const uri = text(options, 'uri')
  const containerUrl = text(options, 'containerUrl')
  const folder = text(options, 'folder')
  if ([uri, containerUrl, folder].filter((place) => place !== undefined).length !== 1) {
    throw new UsageError('a connection leads to one place', 'give one of --uri, --container-url and --folder')
  }
  if (containerUrl !== undefined) return { service: 'azblob', containerUrl, rootPath }
  if (folder !== undefined) return { service: 'local', directory: folder, rootPath }
  return {
    service: 's3',
    uri: uri ?? '',
    rootPath,
    region: needed(options, 'region', '--region'),
    bucketOwner: needed(options, 'bucketOwner', '--bucket-owner'),
    ...present('endpoint', text(options, 'endpoint')),
  }
}

async function authenticationOf(run: Run, options: Options): Promise<ConnectionInput['authentication']> {
  const { stdin } = run.terminal
  const accessKeyId = text(options, 'accessKeyId')
  const sasFile = text(options, 'sasFile')
  if (accessKeyId !== undefined) {
    const secretAccessKey = await readSecret(needed(options, 'secretFile', '--secret-file'), stdin)
    return { kind: 'access-key', accessKeyId, secretAccessKey: secretAccessKey.reveal() }
  }
  if (sasFile !== undefined) return { kind: 'sas', token: (await readSecret(sasFile, stdin)).reveal() }
  if (text(options, 'containerUrl') !== undefined) needed(options, 'sasFile', '--sas-file')
  if (text(options, 'folder') !== undefined) return { kind: 'none' }
  return roleOf(options)
}

function roleOf(options: Options): RoleInput {
  return {
    kind: 'role',
    ...present('roleArn', text(options, 'roleArn')),
    ...present('reservation', text(options, 'reservation')),
    ...present('adoptExternalId', text(options, 'adoptExternalId')),
    ...present('withoutExternalId', options['withoutExternalId'] === true ? true : undefined),
    ...present('webIdentity', options['webIdentity'] === true ? true : undefined),
    ...present('stsRegion', text(options, 'stsRegion')),
    ...present('durationSeconds', seconds(options)),
  }
}

/** The mapping as a whole: a claim for the source identity alone keeps no tags, and tags alone keep `sub`. */
function mappingOf(options: Options): IdentityMapping | undefined {
  const tags = options['tag']
  const claim = text(options, 'sourceIdentityClaim')
  if (!Array.isArray(tags) && claim === undefined) return undefined
  const rules = Array.isArray(tags) ? tags.map((rule) => tagRule(String(rule))) : []
  return { sourceIdentityClaim: claim ?? 'sub', tags: rules }
}

function tagRule(rule: string): IdentityMapping['tags'][number] {
  const parts = /^([^=]+)=([^?]+)(\??)$/.exec(rule)
  const [, tag, claim, optional] = parts ?? []
  if (tag === undefined || claim === undefined) {
    throw new UsageError(`\`${rule}\` is not a tag with its claim`, 'write it as --tag Department=department')
  }
  return { tag, claim, required: optional !== '?' }
}

function writingOf(options: Options): Partial<Writing> | undefined {
  const keyArn = text(options, 'kmsKey')
  const kind = text(options, 'encryption')
  if (keyArn !== undefined && kind !== undefined) {
    throw new UsageError('a KMS key is an encryption of its own', 'give --kms-key or --encryption')
  }
  const encryption: Writing['encryption'] | undefined =
    keyArn !== undefined
      ? { kind: 'sse-kms', keyArn, ...(options['bucketKey'] === true ? { bucketKey: true } : {}) }
      : kind === undefined
        ? undefined
        : { kind: kind as 'sse-s3' }
  const writing: Partial<Writing> = {
    ...present('acl', text(options, 'acl') as Writing['acl'] | undefined),
    ...present('encryption', encryption),
    ...present('objects', objectSettingsOf(options)),
    ...present('resume', typeof options['resume'] === 'boolean' ? options['resume'] : undefined),
    ...present(
      'probeOutsideRoot',
      typeof options['probeOutsideRoot'] === 'boolean' ? options['probeOutsideRoot'] : undefined,
    ),
  }
  return Object.keys(writing).length === 0 ? undefined : writing
}

function seconds(options: Options): number | undefined {
  const value = text(options, 'duration')
  if (value === undefined) return undefined
  if (/^\d{1,6}$/.test(value)) return Number(value)
  throw new UsageError(`\`${value}\` is not a number of seconds`)
}

function needed(options: Options, name: string, flag: string): string {
  const value = text(options, name)
  if (value === undefined) throw new UsageError(`${flag} is missing`, 'add --help to see what it stands for')
  return value
}

/** Reads an option that takes a value. */
export function text(options: Options, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** An object with the member, or without it when there is no value. */
function present<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]?: Value })
}
