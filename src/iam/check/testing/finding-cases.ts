/**
 * For every finding a policy that has it and its neighbour that does not. `found` gives exactly the finding and those in
 * `also`; `clean` gives none. The type asks for a case of every row of the table.
 */
import type { CheckOptions, Finding } from '../finding.ts'
import type { FindingId } from '../finding-table.ts'

/** A pair of policies, as text or as values. */
export interface FindingCase {
  readonly options: CheckOptions
  readonly found: unknown
  /** Pointer of the finding. */
  readonly at: string
  readonly also?: readonly Finding['id'][]
  readonly clean: unknown
  /** When what is known beforehand makes the difference. */
  readonly cleanOptions?: CheckOptions
}

const ours = 'arn:aws:iam::111111111111:role/drawbridge-base'
const other = 'arn:aws:iam::333333333333:role/other'
const objects = 'arn:aws:s3:::acme-audit/exports/*'
const bucketArn = 'arn:aws:s3:::acme-audit'
const keyArn = 'arn:aws:kms:eu-central-1:222222222222:key/0a1b'
const externalId = { StringEquals: { 'sts:ExternalId': 'dbx-1' } }

type Part = Readonly<Record<string, unknown>>

function policyOf(...statements: readonly Part[]): Part {
  return { Version: '2012-10-17', Statement: statements }
}

function identity(part: Part): Part {
  return policyOf({ Effect: 'Allow', Action: 's3:GetObject', Resource: objects, ...part })
}

function trust(part: Part, ...more: readonly Part[]): Part {
  return policyOf(
    { Effect: 'Allow', Principal: { AWS: ours }, Action: 'sts:AssumeRole', Condition: externalId, ...part },
    ...more.map((one) => ({ Effect: 'Allow', Principal: { AWS: ours }, ...one })),
  )
}

const audienceOfToken = { 'oidc.example.org/id:aud': 'sts.amazonaws.com' }
const subjectOfToken = { 'oidc.example.org/id:sub': 'repo:acme/export' }

function federated(Condition: Part): Part {
  const Principal = { Federated: 'arn:aws:iam::222222222222:oidc-provider/oidc.example.org/id' }
  return policyOf({ Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithWebIdentity', Condition })
}

function bucket(part: Part): Part {
  return policyOf({ Effect: 'Allow', Principal: { AWS: ours }, Action: 's3:PutObject', Resource: objects, ...part })
}

const delegation = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::222222222222:root' },
  Action: 'kms:*',
  Resource: '*',
}

function key(part: Part): Part {
  return policyOf(delegation, {
    Effect: 'Allow',
    Principal: { AWS: ours },
    Action: 'kms:Decrypt',
    Resource: '*',
    ...part,
  })
}

function rcp(part: Part): Part {
  return policyOf({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: '*',
    Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-1234567890' } },
    ...part,
  })
}

/** Trust with one condition beside the External ID. */
function demanding(operator: string, name: string, value: unknown): Part {
  return trust({
    Condition: {
      ...externalId,
      [operator]: { ...(operator === 'StringEquals' ? externalId.StringEquals : {}), [name]: value },
    },
  })
}

/** Identity-based, with one condition. */
function under(operator: string, name: string, value: unknown, part: Part = {}): Part {
  return identity({ Condition: { [operator]: { [name]: value } }, ...part })
}

/** Trust with one condition on the External ID. */
function idUnder(operator: string, value: unknown): Part {
  return trust({ Condition: { [operator]: { 'sts:ExternalId': value } } })
}

const one = '/Statement/0'
const asIdentity = { kind: 'identity' } as const
const asTrust = { kind: 'trust' } as const
const asBucket = { kind: 'bucket' } as const
const asKey = { kind: 'key' } as const

function denyFrom(range: string, more: Part = {}): Part {
  return identity({ Effect: 'Deny', Condition: { NotIpAddress: { 'aws:SourceIp': range }, ...more } })
}

/** A policy of about so many characters. */
function large(size: number): Part {
  return identity({
    Action: Array.from({ length: size }, (_, i) => `ec2:Describe${i}`).slice(0, size / 20),
    Resource: '*',
  })
}

const tagSession = { Action: 'sts:TagSession' }
const tagKeys = (keys: readonly string[]): Part => ({
  ...tagSession,
  Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': keys }, Null: { 'aws:TagKeys': 'false' } },
})

/** One case for every row of the table. */
export const findingCases: Readonly<Record<FindingId, FindingCase>> = {
  // The text
  'json-syntax': {
    options: asIdentity,
    found: '{"Version": "2012-10-17",}',
    at: '',
    clean: JSON.stringify(identity({})),
  },
  'policy-grammar': {
    options: asIdentity,
    found: identity({ Effect: 'allow' }),
    at: `${one}/Effect`,
    clean: identity({}),
  },
  'bare-statement': {
    options: asIdentity,
    found: { Effect: 'Allow', Action: 's3:GetObject', Resource: objects },
    at: '',
    clean: identity({}),
  },
  'unknown-element': {
    options: asIdentity,
    found: identity({ Resources: '*' }),
    at: `${one}/Resources`,
    clean: identity({}),
  },
  'empty-list': {
    options: asIdentity,
    found: identity({ Action: [] }),
    at: `${one}/Action`,
    clean: identity({ Action: ['s3:GetObject'] }),
  },
  'no-statements': { options: asIdentity, found: policyOf(), at: '/Statement', clean: identity({}) },
  'empty-condition': {
    options: asIdentity,
    found: identity({ Condition: {} }),
    at: `${one}/Condition`,
    clean: under('StringEquals', 'aws:RequestedRegion', 'eu-central-1'),
  },
  'character-not-allowed': {
    options: asIdentity,
    found: JSON.stringify(identity({ Resource: 'arn:aws:s3:::acme-audit/€/*' })),
    at: '',
    clean: JSON.stringify(identity({ Resource: 'arn:aws:s3:::acme-audit/€/*' })).replace('€', '\\u20ac'),
  },
  'policy-too-large': { options: asIdentity, found: large(12_000), at: '', clean: large(4000) },
  'policy-large': { options: asIdentity, found: large(8000), at: '', clean: large(4000) },
  'version-missing': {
    options: asIdentity,
    found: { Statement: identity({})['Statement'] },
    at: '',
    clean: identity({}),
  },
  'version-old': {
    options: asIdentity,
    found: { ...identity({}), Version: '2008-10-17' },
    at: '/Version',
    clean: identity({}),
  },
  'variable-needs-version': {
    options: asIdentity,
    found: { ...identity({ Resource: `arn:aws:s3:::acme-audit/\${aws:username}/*` }), Version: '2008-10-17' },
    at: `${one}/Resource`,
    also: ['version-old'],
    clean: identity({ Resource: `arn:aws:s3:::acme-audit/\${aws:username}/*` }),
  },
  'variable-malformed': {
    options: asIdentity,
    found: identity({ Resource: `arn:aws:s3:::acme-audit/\${aws:username/*` }),
    at: `${one}/Resource`,
    clean: identity({ Resource: `arn:aws:s3:::acme-audit/\${$}{aws:username/*` }),
  },
  'variable-unknown': {
    options: asIdentity,
    found: identity({ Resource: `arn:aws:s3:::acme-audit/\${aws:usernam}/*` }),
    at: `${one}/Resource`,
    clean: identity({ Resource: `arn:aws:s3:::acme-audit/\${aws:PrincipalTag/Team, 'none'}/*` }),
  },
  'variable-misplaced': {
    options: asIdentity,
    found: identity({ Action: 'sts:AssumeRole', Resource: `arn:aws:iam::\${aws:PrincipalAccount}:role/x` }),
    at: `${one}/Resource`,
    clean: identity({ Action: 'sts:AssumeRole', Resource: `arn:aws:iam::222222222222:role/\${aws:username}` }),
  },
  placeholder: {
    options: asIdentity,
    found: identity({ Resource: 'arn:aws:s3:::<YOUR_BUCKET>/*' }),
    at: `${one}/Resource`,
    clean: identity({}),
  },
  'sid-not-unique': {
    options: asIdentity,
    found: policyOf(
      { Sid: 'A', Effect: 'Allow', Action: 's3:GetObject', Resource: objects },
      { Sid: 'A', Effect: 'Allow', Action: 's3:ListBucket', Resource: bucketArn },
    ),
    at: '/Statement/1/Sid',
    clean: policyOf(
      { Sid: 'A', Effect: 'Allow', Action: 's3:GetObject', Resource: objects },
      { Sid: 'B', Effect: 'Allow', Action: 's3:ListBucket', Resource: bucketArn },
    ),
  },
  'sid-repeated': {
    options: asTrust,
    found: trust({ Sid: 'A' }, { Sid: 'A', ...tagSession }),
    at: '/Statement/1/Sid',
    clean: trust({ Sid: 'A' }, { Sid: 'B', ...tagSession }),
  },
  'sid-characters': {
    options: asIdentity,
    found: identity({ Sid: 'Read the exports' }),
    at: `${one}/Sid`,
    clean: identity({ Sid: 'ReadTheExports' }),
  },
  // Actions
  'action-unknown-service': {
    options: asIdentity,
    found: identity({ Action: 's33:GetObject' }),
    at: `${one}/Action`,
    clean: identity({ Action: 'S3:GETOBJECT' }),
  },
  'action-unknown': {
    options: asIdentity,
    found: identity({ Action: 's3:ReadObject' }),
    at: `${one}/Action`,
    clean: identity({ Action: 's3:Get*Object' }),
  },
  'action-wrong-service': {
    options: asTrust,
    found: trust({}, { Action: 's3:GetObject' }),
    at: '/Statement/1/Action',
    clean: trust({}, tagSession),
  },
  'action-redundant': {
    options: asIdentity,
    found: identity({ Action: ['s3:Get*', 's3:GetObject'] }),
    at: `${one}/Action/1`,
    clean: identity({ Action: ['s3:GetObject', 's3:GetObjectTagging'] }),
  },
  'not-action-allow': {
    options: asIdentity,
    found: identity({ Action: undefined, NotAction: 's3:DeleteObject' }),
    at: `${one}/NotAction`,
    clean: identity({ Effect: 'Deny', Action: undefined, NotAction: 's3:GetObject' }),
  },
  'allow-everything': {
    options: asIdentity,
    found: identity({ Action: '*', Resource: '*' }),
    at: one,
    clean: identity({ Effect: 'Deny', Action: '*', Resource: '*' }),
  },
  'pass-role-any': {
    options: asIdentity,
    found: identity({ Action: 'iam:PassRole', Resource: '*' }),
    at: `${one}/Resource`,
    clean: identity({ Action: 'iam:PassRole', Resource: 'arn:aws:iam::222222222222:role/export' }),
  },
  'trust-action-wildcard': {
    options: asTrust,
    found: trust({ Action: 'sts:AssumeRol*', Principal: { Service: 'ec2.amazonaws.com' }, Condition: undefined }),
    at: `${one}/Action`,
    clean: trust({ Principal: { Service: 'ec2.amazonaws.com' }, Condition: undefined }),
  },
  'trust-action-principal': {
    options: asTrust,
    found: trust({ Action: 'sts:AssumeRoleWithSAML', Condition: undefined }),
    at: `${one}/Action`,
    clean: trust({
      Action: 'sts:AssumeRoleWithSAML',
      Principal: { Federated: 'arn:aws:iam::222222222222:saml-provider/corp' },
      Condition: { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } },
    }),
  },
  // Resources
  'resource-in-trust': { options: asTrust, found: trust({ Resource: '*' }), at: `${one}/Resource`, clean: trust({}) },
  'resource-missing': { options: asBucket, found: bucket({ Resource: undefined }), at: one, clean: bucket({}) },
  'arn-malformed': {
    options: asIdentity,
    found: identity({ Resource: 'arn:aws:s3:eu-central-1:222222222222:acme-audit/*' }),
    at: `${one}/Resource`,
    clean: identity({}),
  },
  'account-id': {
    options: asIdentity,
    found: identity({ Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::22222222:role/x' }),
    at: `${one}/Resource`,
    clean: identity({ Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::022222222222:role/x' }),
  },
  's3-object-action-on-bucket': {
    options: asIdentity,
    found: identity({ Resource: bucketArn }),
    at: `${one}/Action`,
    clean: identity({ Resource: `${bucketArn}/*` }),
  },
  's3-bucket-action-on-objects': {
    options: asIdentity,
    found: identity({ Action: 's3:ListBucket' }),
    at: `${one}/Action`,
    clean: identity({ Action: 's3:ListBucket', Resource: bucketArn }),
  },
  's3-wildcard-misses-objects': {
    options: asIdentity,
    found: identity({ Action: 's3:*', Resource: bucketArn }),
    at: `${one}/Action`,
    clean: identity({ Action: 's3:*', Resource: [bucketArn, objects] }),
  },
  'action-resource-mismatch': {
    options: asIdentity,
    found: identity({ Action: ['s3:GetObject', 'kms:Decrypt'] }),
    at: `${one}/Action/1`,
    clean: identity({ Action: ['s3:GetObject', 'kms:Decrypt'], Resource: [objects, keyArn] }),
  },
  'resource-without-action': {
    options: asIdentity,
    found: identity({ Resource: [objects, keyArn] }),
    at: `${one}/Resource/1`,
    clean: identity({ Resource: [objects, `${bucketArn}/source/*`] }),
  },
  'resource-redundant': {
    options: asIdentity,
    found: identity({ Resource: [objects, `${bucketArn}/exports/2026/*`] }),
    at: `${one}/Resource/1`,
    clean: identity({ Resource: [objects, `${bucketArn}/export/*`] }),
  },
  'not-resource-allow': {
    options: asIdentity,
    found: identity({ Resource: undefined, NotResource: objects }),
    at: `${one}/NotResource`,
    clean: identity({ Effect: 'Deny', Resource: undefined, NotResource: objects }),
  },
  's3-write-any-bucket': {
    options: asIdentity,
    found: identity({ Action: 's3:PutObject', Resource: '*' }),
    at: `${one}/Resource`,
    clean: identity({ Action: 's3:PutObject' }),
  },
  'kms-any-key': {
    options: asIdentity,
    found: identity({ Action: 'kms:GenerateDataKey', Resource: 'arn:aws:kms:*:222222222222:key/*' }),
    at: `${one}/Resource`,
    clean: identity({ Action: 'kms:GenerateDataKey', Resource: keyArn }),
  },
  'bucket-policy-resource': {
    options: asBucket,
    found: bucket({ Resource: [objects, 'arn:aws:s3:::other/*'] }),
    at: `${one}/Resource/1`,
    clean: bucket({ Action: ['s3:PutObject', 's3:ListBucket'], Resource: [objects, bucketArn] }),
  },
  'key-policy-resource': {
    options: asKey,
    found: key({ Resource: keyArn }),
    at: '/Statement/1/Resource',
    clean: key({}),
  },
  // Principals
  'principal-not-allowed': {
    options: asIdentity,
    found: identity({ Principal: '*' }),
    at: `${one}/Principal`,
    clean: identity({}),
  },
  'principal-missing': { options: asBucket, found: bucket({ Principal: undefined }), at: one, clean: bucket({}) },
  'principal-malformed': {
    options: asBucket,
    found: bucket({ Principal: { AWS: 'drawbridge-base' } }),
    at: `${one}/Principal/AWS`,
    clean: bucket({ Principal: { AWS: 'arn:aws:sts::111111111111:assumed-role/drawbridge-base/worker' } }),
  },
  'principal-wildcard-part': {
    options: asBucket,
    found: bucket({ Principal: { AWS: 'arn:aws:iam::111111111111:role/*' } }),
    at: `${one}/Principal/AWS`,
    clean: bucket({}),
  },
  'principal-dead': {
    options: asTrust,
    found: trust({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE123' } }),
    at: `${one}/Principal/AWS`,
    clean: trust({}),
  },
  'principal-repeated': {
    options: asBucket,
    found: bucket({ Principal: { AWS: [ours, ours] } }),
    at: `${one}/Principal/AWS/1`,
    clean: bucket({ Principal: { AWS: [ours, other] } }),
  },
  'not-principal-allow': {
    options: asBucket,
    found: bucket({ Principal: undefined, NotPrincipal: { AWS: ours } }),
    at: `${one}/NotPrincipal`,
    clean: bucket({}),
  },
  'not-principal-deny': {
    options: asBucket,
    found: bucket({ Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: ours } }),
    at: `${one}/NotPrincipal`,
    clean: bucket({ Effect: 'Deny', Principal: '*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': ours } } }),
  },
  'not-principal-refused': {
    options: asTrust,
    found: trust({ Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: ours }, Condition: undefined }),
    at: `${one}/NotPrincipal`,
    clean: trust({}),
  },
  'trust-anybody': {
    options: asTrust,
    found: trust({ Principal: '*' }),
    at: `${one}/Principal`,
    clean: trust({ Principal: '*', Condition: { ...externalId, ArnEquals: { 'aws:PrincipalArn': ours } } }),
  },
  'trust-account': {
    options: asTrust,
    found: trust({ Principal: { AWS: 'arn:aws:iam::111111111111:root' } }),
    at: `${one}/Principal/AWS`,
    clean: trust({
      Principal: { AWS: '111111111111' },
      Condition: { ...externalId, ArnEquals: { 'aws:PrincipalArn': ours } },
    }),
  },
  'bucket-public': {
    options: asBucket,
    found: bucket({ Principal: '*' }),
    at: `${one}/Principal`,
    clean: bucket({ Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } } }),
  },
  'key-anybody': {
    options: asKey,
    found: key({ Principal: { AWS: '*' } }),
    at: '/Statement/1/Principal/AWS',
    clean: key({ Principal: { AWS: '*' }, Condition: { StringEquals: { 'kms:CallerAccount': '222222222222' } } }),
  },
  'service-unguarded': {
    options: asBucket,
    found: bucket({ Principal: { Service: 'logging.s3.amazonaws.com' } }),
    at: `${one}/Principal/Service`,
    clean: bucket({
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': '222222222222' } },
    }),
  },
  'key-unmanageable': {
    options: asKey,
    found: policyOf({ Effect: 'Allow', Principal: { AWS: ours }, Action: 'kms:Decrypt', Resource: '*' }),
    at: '/Statement',
    clean: key({}),
  },
  // Trust and the External ID
  'external-id-missing': {
    options: asTrust,
    found: trust({ Condition: undefined }),
    at: one,
    clean: trust({ Condition: undefined }),
    cleanOptions: { kind: 'trust', externalId: null },
  },
  'external-id-wildcard': {
    options: asTrust,
    found: idUnder('StringLike', 'dbx-*'),
    at: `${one}/Condition/StringLike/sts:ExternalId`,
    clean: trust({}),
  },
  'external-id-optional': {
    options: asTrust,
    found: idUnder('StringEqualsIfExists', 'dbx-1'),
    at: `${one}/Condition/StringEqualsIfExists/sts:ExternalId`,
    clean: trust({}),
  },
  'external-id-negated': {
    options: asTrust,
    found: idUnder('StringNotEquals', 'dbx-1'),
    at: `${one}/Condition/StringNotEquals/sts:ExternalId`,
    clean: trust({}),
  },
  'external-id-operator': {
    options: asTrust,
    found: idUnder('StringLike', 'dbx-1'),
    at: `${one}/Condition/StringLike/sts:ExternalId`,
    clean: trust({}),
  },
  'external-id-several': {
    options: asTrust,
    found: idUnder('StringEquals', ['dbx-1', 'dbx-2']),
    at: `${one}/Condition/StringEquals/sts:ExternalId`,
    clean: idUnder('StringEquals', ['dbx-1']),
  },
  'external-id-form': {
    options: asTrust,
    found: idUnder('StringEquals', 'acme & sons'),
    at: `${one}/Condition/StringEquals/sts:ExternalId`,
    clean: trust({}),
  },
  'external-id-wrong-action': {
    options: asTrust,
    found: trust({ Action: ['sts:AssumeRole', 'sts:TagSession'] }),
    at: `${one}/Action/1`,
    clean: trust({}, tagSession),
  },
  'external-id-other': {
    options: { kind: 'trust', externalId: 'dbx-2' },
    found: trust({}),
    at: `${one}/Condition/StringEquals/sts:ExternalId`,
    clean: trust({}),
    cleanOptions: { kind: 'trust', externalId: 'dbx-1' },
  },
  'token-subject-missing': {
    options: asTrust,
    found: federated({ StringEquals: audienceOfToken }),
    at: one,
    clean: federated({ StringEquals: { ...audienceOfToken, ...subjectOfToken } }),
  },
  'token-subject-wildcard': {
    options: asTrust,
    found: federated({ StringEquals: audienceOfToken, StringLike: { 'oidc.example.org/id:sub': 'repo:acme/*' } }),
    at: `${one}/Condition/StringLike/oidc.example.org~1id:sub`,
    clean: federated({ StringEquals: audienceOfToken, StringLike: subjectOfToken }),
  },
  'token-audience-missing': {
    options: asTrust,
    found: federated({ StringEquals: subjectOfToken }),
    at: one,
    clean: federated({ StringEquals: { ...audienceOfToken, ...subjectOfToken } }),
  },
  'tag-session-missing': {
    options: asTrust,
    found: demanding('StringEquals', 'aws:RequestTag/Team', 'audit'),
    at: `${one}/Action`,
    clean: trust(
      { Condition: { StringEquals: { 'sts:ExternalId': 'dbx-1', 'aws:RequestTag/Team': 'audit' } } },
      { ...tagSession, Condition: { StringEquals: { 'aws:RequestTag/Team': 'audit' } } },
    ),
  },
  'tag-keys-other': {
    options: { kind: 'trust', sessionTagKeys: ['Team', 'Site'] },
    found: trust({}, tagKeys(['Team'])),
    at: '/Statement/1/Condition/ForAllValues:StringEquals/aws:TagKeys',
    clean: trust({}, tagKeys(['team', 'Site'])),
  },
  'source-identity-missing': {
    options: { kind: 'trust', sourceIdentity: true },
    found: trust({}),
    at: `${one}/Action`,
    clean: trust({}, { Action: 'sts:SetSourceIdentity' }),
  },
  'vendor-missing': {
    options: { kind: 'trust', ourPrincipal: ours },
    found: trust({ Principal: { AWS: other } }),
    at: `${one}/Principal/AWS`,
    clean: trust({}),
  },
  'vendor-several': {
    options: asTrust,
    found: trust({ Principal: { AWS: [ours, other] } }),
    at: `${one}/Principal/AWS/1`,
    clean: trust({ Principal: { AWS: [ours] } }),
  },
  'vendor-network': {
    options: asTrust,
    found: demanding('StringEquals', 'aws:SourceVpce', 'vpce-0a1b2c3d'),
    at: `${one}/Condition/StringEquals/aws:SourceVpce`,
    clean: demanding('StringEqualsIfExists', 'aws:SourceVpce', 'vpce-0a1b2c3d'),
  },
  'vendor-address': {
    options: { kind: 'trust', egress: ['198.51.100.0/28'] },
    found: demanding('IpAddress', 'aws:SourceIp', '203.0.113.0/24'),
    at: `${one}/Condition/IpAddress/aws:SourceIp`,
    clean: demanding('IpAddress', 'aws:SourceIp', ['203.0.113.0/24', '198.51.100.0/24']),
  },
  'vendor-organization': {
    options: asTrust,
    found: demanding('StringEquals', 'aws:PrincipalOrgID', 'o-1234567890'),
    at: `${one}/Condition/StringEquals/aws:PrincipalOrgID`,
    clean: trust(
      {},
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 'sts:AssumeRole',
        Condition: {
          StringNotEquals: { 'aws:PrincipalOrgID': 'o-1234567890' },
          ArnNotEquals: { 'aws:PrincipalArn': ours },
        },
      },
    ),
  },
  'vendor-mfa': {
    options: asTrust,
    found: demanding('Bool', 'aws:MultiFactorAuthPresent', 'true'),
    at: `${one}/Condition/Bool/aws:MultiFactorAuthPresent`,
    clean: demanding('Bool', 'aws:SecureTransport', 'true'),
  },
  // Conditions
  'operator-unknown': {
    options: asIdentity,
    found: under('StringEqual', 'aws:RequestedRegion', 'eu-central-1'),
    at: `${one}/Condition/StringEqual`,
    clean: under('StringEquals', 'aws:RequestedRegion', 'eu-central-1'),
  },
  'operator-type': {
    options: asIdentity,
    found: under('StringEquals', 'aws:SourceIp', '203.0.113.0/24'),
    at: `${one}/Condition/StringEquals/aws:SourceIp`,
    clean: under('IpAddress', 'aws:SourceIp', '203.0.113.0/24'),
  },
  'condition-key-unknown': {
    options: asIdentity,
    found: under('StringEquals', 'aws:RequestRegion', 'eu-central-1'),
    at: `${one}/Condition/StringEquals/aws:RequestRegion`,
    clean: under('StringEquals', 'AWS:requestedregion', 'eu-central-1'),
  },
  'condition-key-not-in-action': {
    options: asIdentity,
    found: under('StringLike', 's3:prefix', 'exports/*'),
    at: `${one}/Condition/StringLike/s3:prefix`,
    clean: under('StringLike', 's3:prefix', 'exports/*', { Action: 's3:ListBucket', Resource: bucketArn }),
  },
  'condition-key-twice': {
    options: asIdentity,
    found: identity({
      Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-central-1', 'aws:requestedRegion': 'eu-west-1' } },
    }),
    at: `${one}/Condition/StringEquals/aws:requestedRegion`,
    clean: under('StringEquals', 'aws:RequestedRegion', ['eu-central-1', 'eu-west-1']),
  },
  'condition-without-values': {
    options: asIdentity,
    found: under('StringEquals', 'aws:RequestedRegion', []),
    at: `${one}/Condition/StringEquals/aws:RequestedRegion`,
    clean: under('StringEquals', 'aws:RequestedRegion', ['eu-central-1']),
  },
  'value-repeated': {
    options: asIdentity,
    found: under('StringEquals', 'aws:RequestedRegion', ['eu-central-1', 'eu-central-1']),
    at: `${one}/Condition/StringEquals/aws:RequestedRegion/1`,
    clean: under('StringEquals', 'aws:RequestedRegion', ['eu-central-1', 'EU-CENTRAL-1']),
  },
  'value-number': {
    options: asIdentity,
    found: under('NumericLessThan', 's3:TlsVersion', 'one'),
    at: `${one}/Condition/NumericLessThan/s3:TlsVersion`,
    clean: under('NumericLessThan', 's3:TlsVersion', 1.2),
  },
  'value-date': {
    options: asIdentity,
    found: under('DateLessThan', 'aws:CurrentTime', '31.12.2026'),
    at: `${one}/Condition/DateLessThan/aws:CurrentTime`,
    clean: under('DateLessThan', 'aws:CurrentTime', '2026-12-31T00:00:00Z'),
  },
  'value-bool': {
    options: asIdentity,
    found: under('Bool', 'aws:SecureTransport', 'yes'),
    at: `${one}/Condition/Bool/aws:SecureTransport`,
    clean: under('Bool', 'aws:SecureTransport', true),
  },
  'value-binary': {
    options: asIdentity,
    found: under('BinaryEquals', 'aws:PrincipalTag/key', '***'),
    at: `${one}/Condition/BinaryEquals/aws:PrincipalTag~1key`,
    clean: under('BinaryEquals', 'aws:PrincipalTag/key', 'QmluYXJ5'),
  },
  'value-address': {
    options: asIdentity,
    found: under('IpAddress', 'aws:SourceIp', '203.0.113.0/33'),
    at: `${one}/Condition/IpAddress/aws:SourceIp`,
    clean: under('IpAddress', 'aws:SourceIp', ['203.0.113.7', '2001:db8::/32']),
  },
  'value-arn': {
    options: asIdentity,
    found: under('ArnLike', 'aws:PrincipalArn', 'role/drawbridge-base'),
    at: `${one}/Condition/ArnLike/aws:PrincipalArn`,
    clean: under('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/drawbridge-base'),
  },
  'address-host-bits': {
    options: asIdentity,
    found: under('IpAddress', 'aws:SourceIp', '203.0.113.7/24'),
    at: `${one}/Condition/IpAddress/aws:SourceIp`,
    clean: under('IpAddress', 'aws:SourceIp', '203.0.113.0/24'),
  },
  'address-private': {
    options: asIdentity,
    found: under('IpAddress', 'aws:SourceIp', '10.1.0.0/16'),
    at: `${one}/Condition/IpAddress/aws:SourceIp`,
    clean: under('IpAddress', 'aws:VpcSourceIp', '10.1.0.0/16'),
  },
  'address-everything': {
    options: asIdentity,
    found: under('IpAddress', 'aws:SourceIp', '0.0.0.0/0'),
    at: `${one}/Condition/IpAddress/aws:SourceIp`,
    clean: under('NotIpAddress', 'aws:SourceIp', '0.0.0.0/0'),
  },
  'wildcard-not-like': {
    options: asIdentity,
    found: under('StringEquals', 'aws:RequestedRegion', 'eu-*'),
    at: `${one}/Condition/StringEquals/aws:RequestedRegion`,
    clean: under('StringEquals', 'aws:PrincipalTag/Team', `a\${*}`),
  },
  'set-operator-missing': {
    options: asIdentity,
    found: under('StringEquals', 'aws:PrincipalOrgPaths', 'o-1/r-1/ou-1/'),
    at: `${one}/Condition/StringEquals/aws:PrincipalOrgPaths`,
    clean: under('ForAnyValue:StringEquals', 'aws:PrincipalOrgPaths', 'o-1/r-1/ou-1/'),
  },
  'set-operator-needless': {
    options: asIdentity,
    found: under('ForAnyValue:StringEquals', 'aws:RequestedRegion', 'eu-central-1'),
    at: `${one}/Condition/ForAnyValue:StringEquals/aws:RequestedRegion`,
    clean: under('StringEquals', 'aws:RequestedRegion', 'eu-central-1'),
  },
  'for-all-values-allow': {
    options: asTrust,
    found: trust({}, { ...tagSession, Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Team'] } } }),
    at: '/Statement/1/Condition/ForAllValues:StringEquals/aws:TagKeys',
    clean: trust({}, tagKeys(['Team'])),
  },
  'deny-hits-services': {
    options: asIdentity,
    found: denyFrom('203.0.113.0/24'),
    at: `${one}/Condition/NotIpAddress/aws:SourceIp`,
    clean: denyFrom('203.0.113.0/24', { Bool: { 'aws:ViaAWSService': 'false' } }),
  },
  // The policy as a whole
  'statement-redundant': {
    options: asIdentity,
    found: policyOf(
      { Effect: 'Allow', Action: 's3:GetObject', Resource: `${objects}` },
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `${bucketArn}/*` },
    ),
    at: one,
    clean: policyOf(
      { Effect: 'Allow', Action: 's3:GetObject', Resource: `${bucketArn}/source/*` },
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: objects },
    ),
  },
  'statement-shadowed': {
    options: asIdentity,
    found: policyOf(
      { Effect: 'Allow', Action: 's3:GetObject', Resource: objects },
      { Effect: 'Deny', Action: 's3:*', Resource: `${bucketArn}/*` },
    ),
    at: one,
    clean: policyOf(
      { Effect: 'Allow', Action: 's3:GetObject', Resource: objects },
      {
        Effect: 'Deny',
        Action: 's3:*',
        Resource: `${bucketArn}/*`,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ),
  },
  'limit-without-allow': {
    options: { kind: 'session' },
    found: identity({ Effect: 'Deny' }),
    at: '/Statement',
    clean: identity({}),
  },
  'rcp-form': {
    options: { kind: 'rcp' },
    found: rcp({ Action: 'ec2:*' }),
    at: `${one}/Action`,
    clean: rcp({}),
  },
}
