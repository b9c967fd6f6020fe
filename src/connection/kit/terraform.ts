/**
 * The Terraform configuration of a set-up kit: the role, or for an access key the user, with the very policies that lie
 * beside it as JSON. It stops in the wrong account, and never holds a secret: an access key made by Terraform would lie
 * in its state.
 */
import type { PolicyDocument, SetupModel, SetupPolicies } from '../../iam/index.ts'
import { accountOf } from '../model/role-arn.ts'
import { type GrantText, grantComments, iamDescription } from './grant-text.ts'
import { type HclExpression, type HclValue, hclBlock, hclValue, raw } from './hcl.ts'
import type { KitProvider } from './identity-provider.ts'
import { comment } from './shell.ts'
import type { KitSubject } from './subject.ts'

/** Writes `main.tf`. */
export function terraformConfiguration(
  subject: KitSubject,
  model: SetupModel,
  policies: SetupPolicies,
  text: GrantText,
  provider: KitProvider | null,
): string {
  const blocks = [
    settings(provider),
    ...variables(subject, model),
    ...(provider === null ? [] : providerBlocks(provider)),
    locals(subject, model, policies),
    hclBlock('data "aws_caller_identity" "current"', {}),
    ...(subject.kind === 'role' ? roleBlocks(subject, text) : userBlocks(subject, text)),
    ...(isSameAccount(subject, model) ? [bucketPolicyBlock(subject, model)] : []),
    ...outputs(subject, model),
  ]
  return `${[...head(subject, model, text).map(comment), '', blocks.join('\n\n')].join('\n')}\n`
}

function head(subject: KitSubject, model: SetupModel, text: GrantText): string[] {
  const address = subject.kind === 'role' ? 'aws_iam_role.drawbridge' : 'aws_iam_user.drawbridge'
  return [
    ...grantComments(text),
    '',
    `Apply it with credentials of account ${subject.account}; any region will do for IAM, and AWS_REGION must be the region of`,
    'the bucket when the bucket policy is applied too.',
    `If the ${subject.kind} exists already: terraform import ${address} ${subject.name}`,
    ...(isSameAccount(subject, model)
      ? []
      : [
          `The bucket is in account ${model.bucketOwner}: there, the statements of local.bucket_policy must be added to its bucket policy.`,
        ]),
    ...(subject.kind === 'user'
      ? ['No access key is made here, because its secret would lie in the Terraform state: see README.md.']
      : []),
    ...(model.kmsKeyArn === null
      ? []
      : [
          `The key policy of ${model.kmsKeyArn} is not touched: replacing it here would remove what others put in it.`,
          'Add the statement of the output key_policy_statement to it, unless it delegates to the account.',
        ]),
  ]
}

/** An identity provider without thumbprints needs a later version of the AWS provider. */
function settings(provider: KitProvider | null): string {
  const version = provider === null ? '>= 5.0' : '>= 6.0'
  return hclBlock('terraform', { required_version: '>= 1.3' }, [
    hclBlock('required_providers', { aws: { source: 'hashicorp/aws', version } }),
  ])
}

function providerBlocks({ issuer, audience }: KitProvider): string[] {
  return [
    hclBlock('variable "create_identity_provider"', {
      description:
        'False when this account has registered the issuer before: then add the audience to it where it is managed.',
      type: raw('bool'),
      default: true,
    }),
    hclBlock('resource "aws_iam_openid_connect_provider" "drawbridge"', {
      count: raw('var.create_identity_provider ? 1 : 0'),
      url: issuer,
      client_id_list: [audience],
    }),
  ]
}

function variables(subject: KitSubject, model: SetupModel): string[] {
  const boundary = hclBlock('variable "permissions_boundary_arn"', {
    description:
      'ARN of a permissions boundary, where your organisation demands one. It must allow what is granted here.',
    type: raw('string'),
    default: raw('null'),
  })
  const duration = hclBlock('variable "max_session_duration_seconds"', {
    description: `The longest session of the role, in seconds; Drawbridge asks for ${subject.durationSeconds}.`,
    type: raw('number'),
    default: Math.max(3600, subject.durationSeconds),
  })
  const bucket = hclBlock('variable "apply_bucket_policy"', {
    description:
      'True replaces the whole bucket policy by the statements below. Only for a bucket that has none: otherwise add them by hand.',
    type: raw('bool'),
    default: false,
  })
  return [boundary, ...(subject.kind === 'role' ? [duration] : []), ...(isSameAccount(subject, model) ? [bucket] : [])]
}

function locals(subject: KitSubject, model: SetupModel, policies: SetupPolicies): string {
  const statement = policies.key?.Statement.at(-1)
  return hclBlock('locals', {
    account_id: subject.account,
    ...(subject.kind === 'role' ? { trust_policy: encoded(policies.trust) } : {}),
    permissions_policy: encoded(policies.permissions),
    bucket_policy: encoded(policies.bucket),
    ...(model.kmsKeyArn === null || statement === undefined ? {} : { key_policy_statement: encoded(statement) }),
  })
}

/** INVARIANT: begins on a line that is indented by two spaces, which is where `locals` puts its attributes. */
function encoded(document: PolicyDocument | PolicyDocument['Statement'][number]): HclExpression {
  return raw(`jsonencode(${hclValue(document as unknown as HclValue, '  ')})`)
}

function roleBlocks(subject: KitSubject, text: GrantText): string[] {
  return [
    hclBlock(
      'resource "aws_iam_role" "drawbridge"',
      {
        name: subject.name,
        path: subject.path,
        description: iamDescription(text),
        assume_role_policy: raw('local.trust_policy'),
        max_session_duration: raw('var.max_session_duration_seconds'),
        permissions_boundary: raw('var.permissions_boundary_arn'),
      },
      [rightAccount],
    ),
    hclBlock('resource "aws_iam_role_policy" "drawbridge"', {
      name: subject.policyName,
      role: raw('aws_iam_role.drawbridge.name'),
      policy: raw('local.permissions_policy'),
    }),
  ]
}

function userBlocks(subject: KitSubject, text: GrantText): string[] {
  return [
    hclBlock(
      'resource "aws_iam_user" "drawbridge"',
      {
        name: subject.name,
        path: subject.path,
        permissions_boundary: raw('var.permissions_boundary_arn'),
        tags: { Purpose: iamDescription(text) },
      },
      [rightAccount],
    ),
    hclBlock('resource "aws_iam_user_policy" "drawbridge"', {
      name: subject.policyName,
      user: raw('aws_iam_user.drawbridge.name'),
      policy: raw('local.permissions_policy'),
    }),
  ]
}

const rightAccount = hclBlock('lifecycle', {}, [
  hclBlock('precondition', {
    condition: raw('data.aws_caller_identity.current.account_id == local.account_id'),
    error_message: raw(`"These credentials belong to another account than \${local.account_id}."`),
  }),
])

function bucketPolicyBlock(subject: KitSubject, model: SetupModel): string {
  return hclBlock('resource "aws_s3_bucket_policy" "drawbridge"', {
    count: raw('var.apply_bucket_policy ? 1 : 0'),
    bucket: model.bucket,
    policy: raw('local.bucket_policy'),
    depends_on: raw(`[aws_iam_${subject.kind}.drawbridge]`),
  })
}

function outputs(subject: KitSubject, model: SetupModel): string[] {
  return [
    hclBlock(`output "${subject.kind}_arn"`, {
      description:
        subject.kind === 'role'
          ? 'What Drawbridge assumes. Tell the vendor when it is not the ARN of this kit.'
          : 'The user whose access key Drawbridge uses.',
      value: raw(`aws_iam_${subject.kind}.drawbridge.arn`),
    }),
    ...(model.kmsKeyArn === null
      ? []
      : [
          hclBlock('output "key_policy_statement"', {
            description: `The statement to add to the key policy of ${model.kmsKeyArn}.`,
            value: raw('local.key_policy_statement'),
          }),
        ]),
  ]
}

function isSameAccount(subject: KitSubject, model: SetupModel): boolean {
  return subject.account === model.bucketOwner && accountOf(model.roleArn) === model.bucketOwner
}
