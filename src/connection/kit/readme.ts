/** The README of a set-up kit: what the connection is for, what is granted and why, what is not, and in which order to go. */
import type { Connection } from '../../contract/index.ts'
import { allowedActions, forbiddenActions, type SetupModel } from '../../iam/index.ts'
import { accountOf } from '../model/role-arn.ts'
import { sasLettersOf } from './azure.ts'

/** What every README tells. */
export interface ReadmeFacts {
  readonly connection: Connection
  /** Our principal; `-` for connections that need none. */
  readonly principal: string
  readonly egress: string
}

const purposes: Readonly<Record<Connection['purpose'], string>> = {
  source: 'reads files of this place and writes nothing',
  enrichment: 'writes results here, reads them back and replaces them',
  export: 'writes reports here; it reads nothing, lists nothing and deletes nothing',
}

/** Writes the README for a bucket. */
export function bucketReadme(facts: ReadmeFacts, model: SetupModel): string {
  const { connection } = facts
  const isRole = connection.authentication.kind === 'role'
  return document(
    `# Access for Drawbridge: ${connection.name}`,
    `Drawbridge ${purposes[connection.purpose]}: \`s3://${model.bucket}/${model.rootPath}\`, bucket of account ${model.bucketOwner}.`,
    ...(isRole ? rolePart(facts, model) : []),
    '## What is granted, and why',
    table(
      ['Action', 'On', 'Why'],
      allowedActions(model).map((row) => [`\`${row.action}\``, `\`${row.resource}\``, row.why]),
    ),
    '## What is deliberately not granted',
    table(
      ['Action', 'On', 'Why not'],
      forbiddenActions(model).map((row) => [`\`${row.action}\``, `\`${row.resource}\``, row.why]),
    ),
    'A Deny for requests without TLS is good practice, and yours to decide: these policies do not add one.',
    '## From where the calls come',
    egressText(facts.egress),
    '## Steps',
    isRole ? roleSteps(model) : userSteps,
    '## What verification leaves behind',
    probeText(connection),
    '## Receipts',
    receiptText,
  )
}

function rolePart(facts: ReadmeFacts, model: SetupModel): string[] {
  const tags =
    model.sessionTagKeys.length === 0
      ? 'Sessions carry no tags.'
      : `Sessions carry the tags ${model.sessionTagKeys.map((key) => `\`${key}\``).join(', ')}, taken from the verified sign-in of the person.`
  const external =
    model.externalId === null
      ? 'There is no External ID, because role and caller belong to the same organisation.'
      : `- External ID: \`${model.externalId}\` — made by Drawbridge for this connection alone. It never changes and is not a secret; without it in the trust policy, somebody else could make Drawbridge use your role.`
  return [
    '## Who may use the role',
    `- Role: \`${model.roleArn}\`\n- Principal: \`${facts.principal}\`\n${external}`,
    `${tags} Every session carries the person as its source identity and session name, so that CloudTrail shows who it was. Every session is narrowed by a session policy to the rights below.`,
  ]
}

function roleSteps(model: SetupModel): string {
  const other = accountOf(model.roleArn) !== model.bucketOwner
  const steps = [
    'Read `trust-policy.json` and `permissions-policy.json`.',
    'Run `sh apply-aws-cli.sh`, or make the role in the console with these two policies.',
    other
      ? '`bucket-policy.json` is needed too, because role and bucket are in different accounts.'
      : '`bucket-policy.json` is needed only when your bucket policy restricts who may use the bucket.',
    ...(model.kmsKeyArn === null
      ? []
      : [
          'Add the statement of `key-policy.json` to the key, unless its key policy delegates to the account of the role.',
        ]),
    'Do not restrict the trust policy by source address, unless the addresses above are a fixed list.',
    'Tell the person who sent you this that it is done. IAM needs up to half a minute; then `verify` tries every link.',
  ]
  return steps.map((step, index) => `${index + 1}. ${step}`).join('\n')
}

const userSteps = [
  '1. Read `permissions-policy.json`.',
  '2. Run `sh apply-aws-cli.sh USER` with the name of the IAM user whose access key you handed over.',
  '3. Consider a role instead: it needs no secret, and its sessions end by themselves.',
].join('\n')

/** Writes the README for a container. */
export function containerReadme(facts: ReadmeFacts, containerUrl: string): string {
  const { connection } = facts
  return document(
    `# Access for Drawbridge: ${connection.name}`,
    `Drawbridge ${purposes[connection.purpose]}: \`${containerUrl}/${connection.location.rootPath}\`.`,
    '## What is granted',
    `A SAS token for this one container with the letters \`${sasLettersOf(connection)}\`, over HTTPS only, bound to a stored access policy, so that you can revoke it at any time without rolling a key of the account.`,
    '## From where the calls come',
    egressText(facts.egress),
    '## Steps',
    '1. Read `apply-azure-cli.sh`.\n2. Run it where you are signed in to Azure. It prints the token.\n3. Hand the token over through a channel that you trust; it is a secret.\n4. Note the end date: before it, run the script again and hand over the new token.',
    '## What verification leaves behind',
    probeText(connection),
    '## Receipts',
    receiptText,
  )
}

/** Writes the README for a directory. */
export function directoryReadme(facts: ReadmeFacts, directory: string): string {
  return document(
    `# Access for Drawbridge: ${facts.connection.name}`,
    `Drawbridge ${purposes[facts.connection.purpose]}: \`${directory}\`. The account that runs Drawbridge needs the file permissions for it; there is nothing else to set up.`,
    '## Receipts',
    receiptText,
  )
}

function egressText(egress: string): string {
  return egress === 'dynamic'
    ? 'From addresses that change. Do not restrict the policies by `aws:SourceIp`: it would work today and fail tomorrow. The External ID is what protects the role.'
    : `From ${egress}, and from nowhere else.`
}

function probeText(connection: Connection): string {
  const place = `\`${connection.location.rootPath}.drawbridge/\``
  if (connection.purpose === 'source') return 'Nothing: a source is only read.'
  if (connection.purpose === 'enrichment') return `Nothing: a small object is written under ${place} and removed again.`
  return `One small JSON object per verification under ${place}, which says what it is. An export may not delete, so it stays; remove it whenever you like, or let a lifecycle rule do it.`
}

const receiptText =
  '`evidence-key.pem` is the public key with which receipts are signed. Keep it: with it, everybody can check a delivery offline, and without trusting Drawbridge.'

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

function document(...parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}
