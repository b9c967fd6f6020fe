/**
 * The AWS CLI script of a set-up kit: applies the policies that lie beside it. Written for a careful administrator: it
 * stops in the wrong account, can be run again, never replaces a bucket or key policy that is already there, and never
 * prints a secret.
 */
import type { SetupModel } from '../../iam/index.ts'
import { type GrantText, grantComments } from './grant-text.ts'
import { type KitProvider, providerLines } from './identity-provider.ts'
import { comment, quote } from './shell.ts'
import type { KitSubject } from './subject.ts'

const begin = ['set -eu']
const besidePolicies = 'cd "$(dirname "$0")"'

/** Writes the script that makes or updates the role. */
export function roleScript(
  subject: KitSubject,
  model: SetupModel,
  text: GrantText,
  provider: KitProvider | null,
): string {
  return lines(
    '#!/bin/sh',
    comment(
      `Sets up the role ${subject.name}. Run it with credentials of account ${subject.account} that may change IAM`,
    ),
    comment('roles. Running it again changes nothing that is already right.'),
    '#',
    ...grantComments(text).map(comment),
    ...begin,
    besidePolicies,
    '',
    `account=${quote(subject.account)}`,
    `role=${quote(subject.name)}`,
    '',
    ...rightAccount(subject),
    '',
    ...(provider === null ? [] : providerLines(provider)),
    'if aws iam get-role --role-name "$role" >/dev/null 2>&1; then',
    '  aws iam update-assume-role-policy --role-name "$role" --policy-document file://trust-policy.json',
    ...(subject.durationSeconds > 3600
      ? [`  aws iam update-role --role-name "$role" --max-session-duration ${subject.durationSeconds}`]
      : []),
    'else',
    `  aws iam create-role --role-name "$role" --path ${quote(subject.path)} --max-session-duration ${Math.max(3600, subject.durationSeconds)} \\`,
    '    --assume-role-policy-document file://trust-policy.json >/dev/null',
    'fi',
    `aws iam put-role-policy --role-name "$role" --policy-name ${quote(subject.policyName)} \\`,
    '  --policy-document file://permissions-policy.json',
    '',
    ...bucketLines(subject, model),
    ...keyLines(model),
    'echo "done: the role is set up; changes of IAM take up to half a minute to be seen everywhere"',
  )
}

/** Writes the script that makes or updates the IAM user, and on request an access key whose secret goes to a file. */
export function userScript(subject: KitSubject, model: SetupModel, text: GrantText, accessKeyId: string): string {
  return lines(
    '#!/bin/sh',
    comment(
      `Gives an IAM user what the access key ${accessKeyId} needs. Run it with credentials of account ${subject.account} that`,
    ),
    comment('may change IAM users:'),
    comment(`  sh apply-aws-cli.sh [USER] [FILE]`),
    comment(`USER is the user of the access key; without it, ${subject.name}, which is made when it is not there.`),
    comment('With FILE a new access key is made: its id is printed, and its secret goes to FILE and nowhere else.'),
    comment('Hand FILE over through a channel that you trust; the vendor reads it with --secret-file, then delete it.'),
    '#',
    ...grantComments(text).map(comment),
    ...begin,
    'here=$PWD',
    besidePolicies,
    '',
    `account=${quote(subject.account)}`,
    `user=\${1:-${subject.name}}`,
    `secret_file=\${2:-}`,
    '',
    ...rightAccount(subject),
    '',
    'if ! aws iam get-user --user-name "$user" >/dev/null 2>&1; then',
    `  aws iam create-user --user-name "$user" --path ${quote(subject.path)} >/dev/null`,
    'fi',
    `aws iam put-user-policy --user-name "$user" --policy-name ${quote(subject.policyName)} \\`,
    '  --policy-document file://permissions-policy.json',
    '',
    ...newKeyLines,
    ...bucketLines(subject, model),
    ...keyLines(model),
    'echo "done: the user has its permissions"',
  )
}

const newKeyLines = [
  'if [ -n "$secret_file" ]; then',
  '  case $secret_file in /*) ;; *) secret_file=$here/$secret_file ;; esac',
  '  if [ -e "$secret_file" ]; then',
  '    echo "error: $secret_file exists already" >&2',
  '    exit 1',
  '  fi',
  '  umask 077',
  '  key=$(aws iam create-access-key --user-name "$user" --query "AccessKey.[AccessKeyId,SecretAccessKey]" --output text)',
  '  # Cut by the shell itself: an argument of another program would show in the list of processes.',
  '  tab=$(printf "\\t")',
  `  printf "%s\\n" "\${key#*"$tab"}" >"$secret_file"`,
  `  echo "access key id: \${key%%"$tab"*}   (its secret is in $secret_file)"`,
  'fi',
  '',
]

function rightAccount(subject: KitSubject): string[] {
  return [
    'have=$(aws sts get-caller-identity --query Account --output text)',
    'if [ "$have" != "$account" ]; then',
    `  echo "error: these credentials belong to account $have, and the ${subject.kind} belongs to $account" >&2`,
    '  exit 1',
    'fi',
  ]
}

function bucketLines(subject: KitSubject, model: SetupModel): string[] {
  if (subject.account === model.bucketOwner) {
    return [
      comment(
        `The ${subject.kind} and the bucket are in one account, so the permissions above are enough. If the bucket policy`,
      ),
      comment('restricts who may write, add the statements of bucket-policy.json to it.'),
      '',
    ]
  }
  const owner = `--bucket ${quote(model.bucket)} --expected-bucket-owner ${quote(model.bucketOwner)}`
  return [
    comment(`The bucket is in account ${model.bucketOwner}, so its bucket policy must allow the ${subject.kind} too.`),
    comment('Run these lines with credentials of that account. They stop when the bucket has a policy already:'),
    comment('then add the statements of bucket-policy.json to it by hand.'),
    comment(`  aws s3api get-bucket-policy ${owner} ||`),
    comment(`  aws s3api put-bucket-policy ${owner} --policy file://bucket-policy.json`),
    '',
  ]
}

function keyLines(model: SetupModel): string[] {
  if (model.kmsKeyArn === null) return []
  return [
    comment(`The key ${model.kmsKeyArn} must allow its use too: when its key policy does not delegate to the`),
    comment('account, or lies in another account, add the second statement of key-policy.json to it. This script does'),
    comment('not: it could only replace the whole key policy.'),
    '',
  ]
}

function lines(...parts: readonly string[]): string {
  return `${parts.join('\n')}\n`
}
