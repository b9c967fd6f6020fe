/** The README of a set-up kit: what the connection is for, what is granted and why, what is not, and in which order to go. */
import type { Connection } from '../../contract/index.ts'
import { allowedActions, forbiddenActions, type SetupModel } from '../../iam/index.ts'
import { sasLettersGranted, sasLettersLeftAway, sasLettersOf } from './azure.ts'
import { purposeText } from './grant-text.ts'
import type { KitProvider } from './identity-provider.ts'
import type { QuickCreate } from './quick-create.ts'
import type { KitSubject } from './subject.ts'

/** What every README tells. */
export interface ReadmeFacts {
  readonly connection: Connection
  /** Our principal; `-` for connections that need none. */
  readonly principal: string
  readonly egress: string
  /** Null or absent: the role is not opened by an ID token. */
  readonly provider?: KitProvider | null
}

/** Writes the README for a bucket. */
export function bucketReadme(
  facts: ReadmeFacts,
  subject: KitSubject,
  model: SetupModel,
  published: QuickCreate | null,
): string {
  const { connection } = facts
  const isRole = subject.kind === 'role'
  return document(
    `# Access for Drawbridge: ${connection.name}`,
    `Drawbridge ${purposeText[connection.purpose]}: \`s3://${model.bucket}/${model.rootPath}\`, bucket of account ${model.bucketOwner}.`,
    ...endpointPart(connection),
    ...(isRole ? rolePart(facts, model) : userPart(connection, subject)),
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
    egressText(facts.egress, isRole),
    '## Steps',
    isRole ? roleSteps(subject, model, published) : userSteps(subject, model, published),
    '## To end the access',
    isRole
      ? `Delete the role, or the CloudFormation stack. Sessions that run already end within ${Math.ceil(subject.durationSeconds / 60)} minutes; to cut them off at once, add a Deny to the role as the IAM console does under “Revoke sessions”.`
      : 'Deactivate the access key: it stops working at once. Then delete the user.',
    '## What verification leaves behind',
    probeText(connection),
    '## Receipts',
    receiptText,
  )
}

/** Where the bucket is not AWS's own, commands and templates fit only as far as the store speaks AWS's languages. */
function endpointPart({ location, authentication }: Connection): string[] {
  if (location.service !== 's3' || location.endpoint === undefined) return []
  const external =
    authentication.kind === 'role'
      ? ' Make sure that it enforces the External ID in a trust policy, which not every store does: verification tries it.'
      : ''
  return [
    '## A store of its own',
    `The bucket is served by \`${location.endpoint}\`. The files of this kit are written for AWS: apply the policies with the tools of that store, or give the AWS CLI its address (\`AWS_ENDPOINT_URL\`) where it offers IAM.${external}`,
  ]
}

function rolePart(facts: ReadmeFacts, model: SetupModel): string[] {
  const tags =
    model.sessionTagKeys.length === 0
      ? 'Sessions carry no tags.'
      : `Sessions carry the tags ${model.sessionTagKeys.map((key) => `\`${key}\``).join(', ')}, taken from the verified sign-in of the person.`
  if (facts.provider) return tokenPart(facts.provider, model, tags)
  return [
    '## Who may use the role',
    `- Role: \`${model.roleArn}\`\n- Principal: \`${facts.principal}\`\n- External ID: ${externalIdText(facts.connection)}`,
    `${tags} Every session carries the person as its source identity and session name, so that CloudTrail shows who it was. Every session is narrowed by a session policy to the rights below.`,
  ]
}

/** For a role that an ID token opens: what stands in the place of principal and External ID. */
function tokenPart(provider: KitProvider, model: SetupModel, tags: string): string[] {
  const person = model.sourceIdentity
    ? 'Every session carries the person as its source identity and session name, so that CloudTrail shows who it was.'
    : 'Every session carries the person as its session name, so that CloudTrail shows who it was.'
  return [
    '## Who may use the role',
    `- Role: \`${model.roleArn}\`\n- Issuer of our ID tokens: \`${provider.issuer}\`, registered in your account as \`${provider.arn}\`\n- Audience: \`${provider.audience}\`\n- Subject: \`${provider.subject}\``,
    'Drawbridge has no AWS identity here. It comes with a short-lived ID token, whose signature AWS checks with the keys that the issuer publishes. There is no External ID, because AssumeRoleWithWebIdentity knows none: that audience **and** subject are compared, with `StringEquals` and without wildcards, is what keeps everybody else out, other customers of Drawbridge included. Verification tries it with other tokens.',
    `${tags} ${person} Every session is narrowed by a session policy to the rights below.`,
    'When your account knows the issuer already, say so to CloudFormation (`CreateIdentityProvider=no`) or Terraform (`create_identity_provider = false`), and add the audience to the provider; the AWS CLI script finds out by itself.',
  ]
}

/** Which of the three ways the External ID came about, and what follows from it. */
function externalIdText(connection: Connection): string {
  const { authentication } = connection
  if (authentication.kind !== 'role' || authentication.externalId === null) {
    return 'none, because role and caller belong to the same organisation. It is left away only for a role in an account of our own; the role of anybody else always has one.'
  }
  const shown = `\`${authentication.externalId}\``
  if (authentication.externalIdOrigin === 'adopted') {
    return `${shown} — **adopted**: it stood in a trust policy before and was not made by Drawbridge. Only you can know who else holds it. If it is not yours alone, ask for a new connection with an External ID of its own. It is not a secret.`
  }
  return `${shown} — made by Drawbridge for this connection alone. It never changes, is never used again, and is not a secret; without it in the trust policy, somebody else could make Drawbridge use your role.`
}

function userPart(connection: Connection, subject: KitSubject): string[] {
  const id = connection.authentication.kind === 'access-key' ? connection.authentication.accessKeyId : ''
  return [
    '## Who',
    `The IAM user of the access key \`${id}\`. The kit calls it \`${subject.name}\` and makes it when it is not there; when the key belongs to another user, name that one to the script, and in the policies that name a principal.`,
    'An access key does not expire by itself. Drawbridge warns when it is older than 90 days, and again at 180. A role needs no secret, and its sessions end by themselves: consider one instead.',
  ]
}

function roleSteps(subject: KitSubject, model: SetupModel, published: QuickCreate | null): string {
  const isOther = subject.account !== model.bucketOwner
  return numbered([
    'Read `trust-policy.json` and `permissions-policy.json`. All other files say the same in other languages.',
    `Apply them to account ${subject.account} in **one** of these ways, before any bucket or key policy: a policy that names a principal who is not there yet is refused.\n${ways(published, '`apply-aws-cli.sh`: run `sh apply-aws-cli.sh`.')}`,
    isOther
      ? `\`bucket-policy.json\` is needed too, because role and bucket are in different accounts: add its statements to the bucket policy in account ${model.bucketOwner}.`
      : '`bucket-policy.json` is needed only when your bucket policy restricts who may use the bucket.',
    ...keyStep(model),
    'Do not restrict the trust policy by source address, unless the addresses above are a fixed list.',
    'Tell the person who sent you this that it is done; if you gave the role another name, with its ARN. IAM needs up to half a minute; then `verify` tries every link.',
  ])
}

function userSteps(subject: KitSubject, model: SetupModel, published: QuickCreate | null): string {
  return numbered([
    'Read `permissions-policy.json`. All other files say the same in other languages.',
    `Apply it to account ${subject.account} in **one** of these ways, before any bucket or key policy: a policy that names a principal who is not there yet is refused.\n${ways(published, '`apply-aws-cli.sh`: run `sh apply-aws-cli.sh`, or `sh apply-aws-cli.sh USER` for another user than the one named above.')}`,
    '`bucket-policy.json` is needed only when your bucket policy restricts who may use the bucket, or lies in another account than the user.',
    ...keyStep(model),
    'To make or replace the key, run `sh apply-aws-cli.sh USER FILE`: it prints the new key’s id and writes its secret to FILE. Hand FILE over through a channel that you trust, never in a ticket or by mail. The vendor gives it to Drawbridge with `--access-key-id` and `--secret-file`; it is tried before the old key is dropped.',
    'When the vendor says that the new key works, deactivate the old one, and delete it and FILE.',
  ])
}

function ways(published: QuickCreate | null, script: string): string {
  return [
    ...(published === null ? [] : [`CloudFormation in the browser: [open the filled-in form](${published.link}).`]),
    script,
    '`cloudformation.json`: make a stack of it; it asks for the capability to name IAM resources.',
    '`main.tf`: `terraform init`, read `terraform plan`, `terraform apply`.',
    'By hand in the console, with the JSON policies.',
  ]
    .map((way) => `   - ${way}`)
    .join('\n')
}

function keyStep(model: SetupModel): string[] {
  if (model.kmsKeyArn === null) return []
  return [
    `The key \`${model.kmsKeyArn}\` must allow its use: unless its key policy delegates to the account that is set up here, add the second statement of \`key-policy.json\` to it. No file of this kit changes a key policy, because that would replace what others put in it.`,
  ]
}

/** Writes the README for a container. */
export function containerReadme(facts: ReadmeFacts, containerUrl: string): string {
  const { connection } = facts
  return document(
    `# Access for Drawbridge: ${connection.name}`,
    `Drawbridge ${purposeText[connection.purpose]}: \`${containerUrl}/${connection.location.rootPath}\`.`,
    '## What is granted, and why',
    `A SAS token for this one container with the letters \`${sasLettersOf(connection)}\`, over HTTPS only, bound to a stored access policy, so that you can revoke it at any time without rolling a key of the account.`,
    bullets(sasLettersGranted(connection)),
    '## What is deliberately not granted',
    bullets([
      ...sasLettersLeftAway(connection),
      'other containers and the account: an account SAS is refused',
      'a limit to addresses (`sip`): give one only when the addresses below are a fixed list',
    ]),
    '## From where the calls come',
    egressText(facts.egress, false),
    '## Steps',
    numbered([
      'Read `apply-azure-cli.sh`.',
      'Run `sh apply-azure-cli.sh FILE` where you are signed in to Azure. It writes the token to FILE and prints nothing of it.',
      'Hand FILE over through a channel that you trust; the token is a secret. The vendor gives it to Drawbridge with `--sas-file`.',
      'Before the token ends, run the script again with another FILE. Drawbridge warns 30, 14, 7 and 1 days before, and tries the new token before it drops the old.',
    ]),
    '## To end the access',
    'Delete the stored access policy. The token stops working within half a minute.',
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
    `Drawbridge ${purposeText[facts.connection.purpose]}: \`${directory}\`. The account that runs Drawbridge needs the file permissions for it; there is nothing else to set up.`,
    '## Receipts',
    receiptText,
  )
}

function egressText(egress: string, isRole: boolean): string {
  if (egress !== 'dynamic') return `From ${egress}, and from nowhere else.`
  const guard = isRole ? ' What protects the role is what its trust policy compares.' : ''
  return `From addresses that change. Do not restrict the access by source address (\`aws:SourceIp\`, \`sip\`): it would work today and fail tomorrow.${guard}`
}

function probeText(connection: Connection): string {
  const place = `\`${connection.location.rootPath}.drawbridge/\``
  if (connection.purpose === 'source') return 'Nothing: a source is only read.'
  if (connection.purpose === 'enrichment') return `Nothing: a small object is written under ${place} and removed again.`
  return `One small JSON object per verification under ${place}, which says what it is. An export may not delete, so it stays; remove it whenever you like, or let a lifecycle rule do it.`
}

const receiptText =
  '`evidence-key.pem` is the public key with which receipts are signed. Keep it: with it, everybody can check a delivery offline, and without trusting Drawbridge.'

function numbered(steps: readonly string[]): string {
  return steps.map((step, index) => `${index + 1}. ${step}`).join('\n')
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

function document(...parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}
