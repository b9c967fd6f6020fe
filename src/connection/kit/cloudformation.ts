/**
 * The CloudFormation template of a set-up kit: the role, or for an access key the user, with the very policies that lie
 * beside it as JSON. Nothing that decides who gets in is a parameter. It stops in the wrong account, replaces a bucket
 * policy only when it is told to, never touches a key policy, and never makes an access key, whose secret it would show.
 */
import type { SetupModel, SetupPolicies } from '../../iam/index.ts'
import { type GrantText, iamDescription } from './grant-text.ts'
import type { KitProvider } from './identity-provider.ts'
import type { KitSubject } from './subject.ts'

type Json = string | number | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * Writes the template as JSON text.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
 */
export function cloudFormationTemplate(
  subject: KitSubject,
  model: SetupModel,
  policies: SetupPolicies,
  text: GrantText,
  provider: KitProvider | null,
): string {
  const hasBucketPolicy = subject.account === model.bucketOwner
  const template: Json = {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: iamDescription(text),
    Metadata: { Drawbridge: metadata(subject, model, policies, text) },
    Parameters: { ...parameters(subject, hasBucketPolicy), ...(provider === null ? {} : providerParameter) },
    Rules: {
      RightAccount: {
        Assertions: [
          {
            Assert: { 'Fn::Equals': [{ Ref: 'AWS::AccountId' }, subject.account] },
            AssertDescription: `This stack belongs into account ${subject.account}.`,
          },
        ],
      },
    },
    Conditions: {
      HasPermissionsBoundary: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'PermissionsBoundaryArn' }, ''] }] },
      ...(provider === null ? {} : { CreatesProvider: { 'Fn::Equals': [{ Ref: 'CreateIdentityProvider' }, 'yes'] } }),
      ...(hasBucketPolicy ? { AppliesBucketPolicy: { 'Fn::Equals': [{ Ref: 'ApplyBucketPolicy' }, 'yes'] } } : {}),
    },
    Resources: {
      ...(provider === null ? {} : { DrawbridgeIdentityProvider: identityProvider(provider) }),
      [logicalId(subject)]: subject.kind === 'role' ? role(subject, policies, text) : user(subject, policies, text),
      ...(hasBucketPolicy ? { DrawbridgeBucketPolicy: bucketPolicy(subject, model, policies) } : {}),
    },
    Outputs: outputs(subject, model, policies),
  }
  return JSON.stringify(template, null, 2)
}

function logicalId(subject: KitSubject): string {
  return subject.kind === 'role' ? 'DrawbridgeRole' : 'DrawbridgeUser'
}

function metadata(subject: KitSubject, model: SetupModel, policies: SetupPolicies, text: GrantText): Json {
  const statement = policies.key?.Statement.at(-1)
  const notDone = [
    ...(subject.account === model.bucketOwner
      ? [
          'A bucket policy that exists is not touched: add the statements of BucketPolicy by hand where they are needed.',
        ]
      : [
          `The bucket policy lies in account ${model.bucketOwner}: the statements of BucketPolicy must be added there.`,
        ]),
    ...(model.kmsKeyArn === null
      ? []
      : [
          `The key policy of ${model.kmsKeyArn} is not touched: CloudFormation could only replace it, and what others put in it would be lost. Add KeyPolicyStatement to it, unless it delegates to the account.`,
        ]),
    ...(subject.kind === 'user'
      ? ['No access key is made: its secret would show in the stack. README.md says how to make one and hand it over.']
      : []),
  ]
  return {
    Purpose: text.purpose,
    Granted: text.granted,
    DeliberatelyNotGranted: text.notGranted,
    NotDoneHere: notDone,
    BucketPolicy: policies.bucket as unknown as Json,
    ...(statement === undefined ? {} : { KeyPolicyStatement: statement as unknown as Json }),
  }
}

const providerParameter: { readonly [name: string]: Json } = {
  CreateIdentityProvider: {
    Type: 'String',
    Default: 'yes',
    AllowedValues: ['yes', 'no'],
    Description: 'Say no when this account has registered the issuer before: then add the audience to it by hand.',
  },
}

/** Stays when the stack goes: other connections may have come to use it. Without the role it lets nobody in. */
function identityProvider({ issuer, audience }: KitProvider): Json {
  return {
    Type: 'AWS::IAM::OIDCProvider',
    Condition: 'CreatesProvider',
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: { Url: issuer, ClientIdList: [audience] },
  }
}

function parameters(subject: KitSubject, hasBucketPolicy: boolean): { readonly [name: string]: Json } {
  const least = Math.max(3600, subject.durationSeconds)
  return {
    PermissionsBoundaryArn: {
      Type: 'String',
      Default: '',
      AllowedPattern: '^$|^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$',
      ConstraintDescription: 'empty, or the ARN of a managed policy',
      Description: 'A permissions boundary, where your organisation demands one. It must allow what is granted here.',
    },
    ...(subject.kind === 'role'
      ? {
          MaxSessionDurationSeconds: {
            Type: 'Number',
            Default: least,
            MinValue: least,
            MaxValue: 43_200,
            Description: `The longest session of the role. Drawbridge asks for ${subject.durationSeconds} seconds.`,
          },
        }
      : {}),
    ...(hasBucketPolicy
      ? {
          ApplyBucketPolicy: {
            Type: 'String',
            Default: 'no',
            AllowedValues: ['no', 'yes'],
            Description: 'Only for a bucket that has no bucket policy and needs one; otherwise the stack fails.',
          },
        }
      : {}),
  }
}

const boundary: Json = {
  'Fn::If': ['HasPermissionsBoundary', { Ref: 'PermissionsBoundaryArn' }, { Ref: 'AWS::NoValue' }],
}

function inlinePolicies(subject: KitSubject, policies: SetupPolicies): Json {
  return [{ PolicyName: subject.policyName, PolicyDocument: policies.permissions as unknown as Json }]
}

/** Goes with the stack: deleting the stack is how the customer ends the access. */
function role(subject: KitSubject, policies: SetupPolicies, text: GrantText): Json {
  return {
    Type: 'AWS::IAM::Role',
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
    Properties: {
      RoleName: subject.name,
      Path: subject.path,
      Description: iamDescription(text),
      MaxSessionDuration: { Ref: 'MaxSessionDurationSeconds' },
      PermissionsBoundary: boundary,
      AssumeRolePolicyDocument: policies.trust as unknown as Json,
      Policies: inlinePolicies(subject, policies),
    },
  }
}

function user(subject: KitSubject, policies: SetupPolicies, text: GrantText): Json {
  return {
    Type: 'AWS::IAM::User',
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
    Properties: {
      UserName: subject.name,
      Path: subject.path,
      PermissionsBoundary: boundary,
      Policies: inlinePolicies(subject, policies),
      Tags: [{ Key: 'Purpose', Value: iamDescription(text) }],
    },
  }
}

/** Stays when the stack goes: by then it may hold statements of others, and without the role ours allow nobody anything. */
function bucketPolicy(subject: KitSubject, model: SetupModel, policies: SetupPolicies): Json {
  return {
    Type: 'AWS::S3::BucketPolicy',
    Condition: 'AppliesBucketPolicy',
    DependsOn: logicalId(subject),
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: { Bucket: model.bucket, PolicyDocument: policies.bucket as unknown as Json },
  }
}

function outputs(subject: KitSubject, model: SetupModel, policies: SetupPolicies): Json {
  const statement = policies.key?.Statement.at(-1)
  return {
    [subject.kind === 'role' ? 'RoleArn' : 'UserArn']: {
      Description: subject.kind === 'role' ? 'What Drawbridge assumes' : 'The user whose access key Drawbridge uses',
      Value: { 'Fn::GetAtt': [logicalId(subject), 'Arn'] },
    },
    ...(statement === undefined
      ? {}
      : {
          KeyPolicyStatement: {
            Description: `Statement to add to the key policy of ${model.kmsKeyArn}`,
            Value: JSON.stringify(statement),
          },
        }),
  }
}
