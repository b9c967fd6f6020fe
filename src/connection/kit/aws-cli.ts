/**
 * The AWS CLI script of a set-up kit: applies the policies that lie beside it. Written for a careful administrator: it
 * stops in the wrong account, can be run again, and never replaces a bucket or key policy that is already there.
 */
import type { SetupModel } from '../../iam/index.ts'
import { accountOf } from '../model/role-arn.ts'
import { comment, quote } from './shell.ts'

const head = ['#!/bin/sh', 'set -eu', 'cd "$(dirname "$0")"']

/** Writes the script that makes or updates the role. */
export function roleScript(connectionName: string, model: SetupModel, durationSeconds: number): string {
  const account = accountOf(model.roleArn)
  const path = model.roleArn.slice(model.roleArn.indexOf(':role/') + ':role/'.length)
  const slash = path.lastIndexOf('/')
  const role = path.slice(slash + 1)
  const rolePath = slash === -1 ? '/' : `/${path.slice(0, slash + 1)}`
  return lines(
    head[0],
    comment(`Sets up the role ${role} for the Drawbridge connection ${connectionName}. Run it with credentials of`),
    comment(`account ${account} that may change IAM roles. Running it again changes nothing that is already right.`),
    ...head.slice(1),
    '',
    `account=${quote(account)}`,
    `role=${quote(role)}`,
    '',
    'have=$(aws sts get-caller-identity --query Account --output text)',
    'if [ "$have" != "$account" ]; then',
    '  echo "error: these credentials belong to account $have, and the role belongs to $account" >&2',
    '  exit 1',
    'fi',
    '',
    'if aws iam get-role --role-name "$role" >/dev/null 2>&1; then',
    '  aws iam update-assume-role-policy --role-name "$role" --policy-document file://trust-policy.json',
    'else',
    `  aws iam create-role --role-name "$role" --path ${quote(rolePath)} --max-session-duration ${Math.max(3600, durationSeconds)} \\`,
    '    --assume-role-policy-document file://trust-policy.json >/dev/null',
    'fi',
    `aws iam put-role-policy --role-name "$role" --policy-name ${quote(policyNameOf(connectionName))} \\`,
    '  --policy-document file://permissions-policy.json',
    '',
    ...bucketLines(model, account),
    ...keyLines(model),
    'echo "done: the role is set up; changes of IAM take up to half a minute to be seen everywhere"',
  )
}

/** Writes the script that gives an existing IAM user its permissions. */
export function userScript(connectionName: string, model: SetupModel, accessKeyId: string): string {
  return lines(
    head[0],
    comment(
      `Gives the IAM user of the access key ${accessKeyId} what the Drawbridge connection ${connectionName} needs.`,
    ),
    comment('Call it with the name of the user: sh apply-aws-cli.sh USER'),
    ...head.slice(1),
    '',
    'if [ "$#" -ne 1 ]; then',
    '  echo "error: name the IAM user: sh apply-aws-cli.sh USER" >&2',
    '  exit 2',
    'fi',
    'user=$1',
    `aws iam put-user-policy --user-name "$user" --policy-name ${quote(policyNameOf(connectionName))} \\`,
    '  --policy-document file://permissions-policy.json',
    ...keyLines(model),
    'echo "done: the user has its permissions"',
  )
}

/** The inline policy's name, 128 characters at most. */
function policyNameOf(connectionName: string): string {
  return `drawbridge-${connectionName}`
}

function bucketLines(model: SetupModel, roleAccount: string): string[] {
  if (roleAccount === model.bucketOwner) {
    return [
      comment(
        'Role and bucket are in one account, so the permissions above are enough. If the bucket policy restricts',
      ),
      comment('who may write, add the statements of bucket-policy.json to it.'),
      '',
    ]
  }
  return [
    comment(`The bucket is in account ${model.bucketOwner}, so its bucket policy must allow the role too.`),
    comment('Run these lines with credentials of that account. They stop when the bucket has a policy already:'),
    comment('then add the statements of bucket-policy.json to it by hand.'),
    comment(
      `  aws s3api get-bucket-policy --bucket ${quote(model.bucket)} --expected-bucket-owner ${quote(model.bucketOwner)} ||`,
    ),
    comment(
      `  aws s3api put-bucket-policy --bucket ${quote(model.bucket)} --expected-bucket-owner ${quote(model.bucketOwner)} --policy file://bucket-policy.json`,
    ),
    '',
  ]
}

function keyLines(model: SetupModel): string[] {
  if (model.kmsKeyArn === null) return []
  return [
    comment(`The key ${model.kmsKeyArn} must let the role use it: when its key policy does not delegate to the`),
    comment('account, or lies in another account, add the statement of key-policy.json that names the role.'),
    '',
  ]
}

function lines(...parts: readonly (string | undefined)[]): string {
  return `${parts.filter((part) => part !== undefined).join('\n')}\n`
}
