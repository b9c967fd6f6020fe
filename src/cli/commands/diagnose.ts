/** `diagnose`: from an error text, from a connection tried live, or from the policies, pasted or read from AWS. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Option } from 'commander'
import { DrawbridgeError } from '../../base/index.ts'
import type { OperationInput, Purpose } from '../../contract/index.ts'
import type { GuestSubject } from '../../operations/index.ts'
import { UsageError } from '../failure.ts'
import { renderDiagnosis } from '../render/diagnosis.ts'
import { text } from './connection-options.ts'
import { readText, reasonOf } from './files.ts'
import type { CommandForm, Options } from './form.ts'
import { type Run, show } from './run.ts'

type Policies = NonNullable<OperationInput<'diagnosis.explain'>['policies']>

export const diagnoseCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('[text]', 'the error as it was seen; `-` reads standard input')
      .option('--file <file>', 'a file with the error text')
      .option('--connection <name>', 'the connection it is about, tried live')
      .option('--policies <folder>', "the customer's policies as the set-up kit names them: trust-policy.json …")
      .option('--role-arn <arn>', 'read the policies of this role with your own AWS credentials')
      .option('--bucket <name>', 'and of this bucket')
      .option('--key-arn <arn>', 'and of this KMS key')
      .option(
        '--organization <folder>',
        "the organization's policies beside them: scp-1-root.json, scp-2.json, rcp-1.json …",
      )
      .option('--events <file>', 'CloudTrail events of the refused call beside them, as JSON')
      .option('--region <region>', "the bucket's region", 'us-east-1')
      .option('--external-id <id>', 'without --connection: the External ID, as the set-up kit says it')
      .option('--principal <arn>', 'without --connection: the principal of Drawbridge, as the set-up kit says it')
      .option(
        '--token-subject <subject>',
        'without --connection, for a role that an ID token opens: its subject; --principal is the identity provider',
      )
      .option('--token-audience <audience>', 'and its audience', 'sts.amazonaws.com')
      .option('--root-path <path>', 'without --connection: the folder inside the bucket', '')
      .addOption(
        new Option('--purpose <purpose>', 'without --connection: what the access is for')
          .choices(['source', 'enrichment', 'export'])
          .default('export'),
      )
      .option('--endpoint-url <url>', 'an AWS endpoint of its own: the sandbox')
  },
  run: async (run, [argument], options) => {
    const { terminal } = run
    const errorText = await errorTextOf(run, argument, options)
    const connection = text(options, 'connection')
    const policies = await withEvidence(await policiesOf(options, terminal.stdin), options, terminal.stdin)
    if (connection === undefined && policies !== null) {
      const { explainAsGuest } = await import('../../operations/index.ts')
      const diagnosis = await explainAsGuest(guestSubject(options), policies)
      show(run, diagnosis, () => renderDiagnosis(diagnosis, terminal.columns, terminal.colors))
      return 0
    }
    if (connection === undefined) {
      if (errorText === undefined) {
        throw new UsageError('there is nothing to explain', 'give an error text, --file, or --connection')
      }
      const { explainText } = await import('../../operations/index.ts')
      const diagnosis = explainText(errorText)
      show(run, diagnosis, () => renderDiagnosis(diagnosis, terminal.columns, terminal.colors))
      return 0
    }
    // Whoever reads policies with credentials of his own is not the one whom those policies are about.
    const { client } = await run.openDoor({ foreignCredentials: text(options, 'roleArn') !== undefined })
    const diagnosis = await client.diagnosis.explain(
      {
        connection,
        ...(errorText === undefined ? {} : { text: errorText }),
        ...(policies === null ? {} : { policies }),
      },
      { signal: terminal.signal },
    )
    show(run, diagnosis, () => renderDiagnosis(diagnosis, terminal.columns, terminal.colors))
    return 0
  },
}

/** What stands in for a connection where there is none; an unknown External ID could only be guessed. */
function guestSubject(options: Options): GuestSubject {
  const needed = (name: string, flag: string): string => {
    const value = text(options, name)
    if (value !== undefined) return value
    throw new UsageError(
      `without --connection, ${flag} is needed`,
      'the set-up kit says it; --connection names a connection of this deployment instead',
    )
  }
  const subject = text(options, 'tokenSubject')
  return {
    roleArn: needed('roleArn', '--role-arn'),
    bucket: needed('bucket', '--bucket'),
    ...(subject === undefined
      ? { externalId: needed('externalId', '--external-id') }
      : { externalId: null, token: { subject, audience: text(options, 'tokenAudience') ?? '' } }),
    principal: needed('principal', '--principal'),
    rootPath: text(options, 'rootPath') ?? '',
    region: text(options, 'region') ?? 'us-east-1',
    purpose: (text(options, 'purpose') ?? 'export') as Purpose,
    kmsKeyArn: text(options, 'keyArn') ?? null,
  }
}

async function errorTextOf(run: Run, argument: unknown, options: Options): Promise<string | undefined> {
  const file = text(options, 'file')
  if (file !== undefined) return readText(file, run.terminal.stdin)
  if (argument === '-') return readText('-', run.terminal.stdin)
  return typeof argument === 'string' ? argument : undefined
}

async function policiesOf(options: Options, stdin: Readable): Promise<Policies | null> {
  const folder = text(options, 'policies')
  const roleArn = text(options, 'roleArn')
  const bucket = text(options, 'bucket')
  if (folder !== undefined) return readPolicies(folder, stdin)
  if (roleArn === undefined && bucket === undefined) return null
  if (roleArn === undefined || bucket === undefined) {
    throw new UsageError('reading the policies needs the role and the bucket', 'give --role-arn and --bucket')
  }
  return fetchFrom(roleArn, bucket, options)
}

/** Adds what stands beside the policies: those of the organization, and CloudTrail's word. */
async function withEvidence(policies: Policies | null, options: Options, stdin: Readable): Promise<Policies | null> {
  const folder = text(options, 'organization')
  const events = text(options, 'events')
  if (folder === undefined && events === undefined) return policies
  if (policies === null) {
    throw new UsageError(
      '--organization and --events stand beside the policies',
      'give --policies, or --role-arn and --bucket; an event alone is explained as a text',
    )
  }
  return {
    ...policies,
    ...(folder === undefined ? {} : await readOrganization(folder, stdin)),
    ...(events === undefined ? {} : { events: await readText(events, stdin) }),
  }
}

/** Reads a folder of organization policies. The number in a file's name is the level, from the root down; without one, the first. */
async function readOrganization(folder: string, stdin: Readable): Promise<Pick<Policies, 'scp' | 'rcp'>> {
  const names = (await namesIn(folder)).sort()
  const levelsOf = async (kind: 'scp' | 'rcp'): Promise<string[][]> => {
    const levels = new Map<number, string[]>()
    for (const name of names) {
      const match = new RegExp(`^${kind}(?:-(\\d{1,2}))?(?:-.*)?\\.json$`).exec(name)
      if (match === null) continue
      const level = Number(match[1] ?? 1)
      levels.set(level, [...(levels.get(level) ?? []), await readText(join(folder, name), stdin)])
    }
    return [...levels].sort(([one], [other]) => one - other).map(([, texts]) => texts)
  }
  const [scp, rcp] = [await levelsOf('scp'), await levelsOf('rcp')]
  if (scp.length + rcp.length > 0) {
    return { ...(scp.length === 0 ? {} : { scp }), ...(rcp.length === 0 ? {} : { rcp }) }
  }
  throw new DrawbridgeError({
    code: 'report-unreadable',
    message: `there is no policy of an organization in \`${folder}\``,
    help: 'its files are named scp-1.json for the root, scp-2.json for the level below, rcp-1.json …',
  })
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new DrawbridgeError({
      code: 'report-unreadable',
      message: `\`${folder}\` can not be read: ${reasonOf(cause)}`,
      cause,
    })
  })
}

async function fetchFrom(roleArn: string, bucket: string, options: Options): Promise<Policies> {
  const [{ fetchPolicies }, { fromNodeProviderChain }] = await Promise.all([
    import('../../connection/index.ts'),
    import('@aws-sdk/credential-providers'),
  ])
  const fetched = await fetchPolicies({
    credentials: fromNodeProviderChain(),
    roleArn,
    bucket,
    keyArn: text(options, 'keyArn') ?? null,
    region: text(options, 'region') ?? 'us-east-1',
    endpoint: text(options, 'endpointUrl') ?? null,
  })
  return {
    ...fetched,
    permissions: fetched.permissions === undefined ? undefined : [...fetched.permissions],
    notSeen: [...fetched.notSeen],
  }
}

/** Reads a folder of policies by the names that the set-up kit gives them. Other files are left alone. */
export async function readPolicies(folder: string, stdin: Readable): Promise<Policies> {
  const names = await namesIn(folder)
  const read = async (name: string): Promise<string | undefined> =>
    names.includes(name) ? readText(join(folder, name), stdin) : undefined
  const permissionNames = names.filter((name) => /^permissions.*\.json$/.test(name)).sort()
  const permissions = await Promise.all(permissionNames.map((name) => readText(join(folder, name), stdin)))
  const policies: Policies = {
    trust: await read('trust-policy.json'),
    permissions: permissions.length === 0 ? undefined : permissions,
    boundary: await read('boundary-policy.json'),
    bucket: await read('bucket-policy.json'),
    key: await read('key-policy.json'),
  }
  if (Object.values(policies).some((policy) => policy !== undefined)) return policies
  throw new DrawbridgeError({
    code: 'report-unreadable',
    message: `there is no policy in \`${folder}\``,
    help: 'its files are named trust-policy.json, permissions-policy.json, bucket-policy.json, key-policy.json',
  })
}
