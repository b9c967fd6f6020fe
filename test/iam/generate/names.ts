/** The few names that generated policies and requests share, so that they meet often. */

export const ownAccount = '222222222222'
export const otherAccount = '111111111111'
export const accounts = [ownAccount, otherAccount] as const

export const sessionOf = (account: string, role = 'app', session = 'kim'): string =>
  `arn:aws:sts::${account}:assumed-role/${role}/${session}`
export const roleOf = (account: string, role = 'app'): string => `arn:aws:iam::${account}:role/${role}`
export const userOf = (account: string, user = 'kim'): string => `arn:aws:iam::${account}:user/${user}`
export const federatedOf = (account: string): string => `arn:aws:sts::${account}:federated-user/kim`
export const rootOf = (account: string): string => `arn:aws:iam::${account}:root`

export const serviceName = 'logging.s3.amazonaws.com'
export const providerName = 'accounts.google.com'
export const samlProvider = `arn:aws:iam::${ownAccount}:saml-provider/corp`
/** Unique ids of a role and of a user. */
export const roleId = 'AROAEXAMPLE1'
export const userId = 'AIDAEXAMPLE1'

/** A policy variable with this between its braces. */
export const variable = (inside: string): string => `\${${inside}}`

export const services = ['s3', 'trust', 'key'] as const
/** What stands at the resource, and so which actions make sense. */
export type Service = (typeof services)[number]

export const actions: Readonly<Record<Service, readonly string[]>> = {
  s3: [
    's3:GetObject',
    's3:GetObject',
    's3:PutObject',
    's3:PutObject',
    's3:ListBucket',
    's3:DeleteBucketPolicy',
    's3:GetBucketPolicy',
    'S3:getobject',
  ],
  trust: ['sts:AssumeRole', 'sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity', 'STS:assumerole'],
  key: [
    'kms:Decrypt',
    'kms:GenerateDataKey',
    'kms:DescribeKey',
    'kms:ScheduleKeyDeletion',
    'kms:RetireGrant',
    'kms:CreateGrant',
    'kms:Sign',
  ],
}

/** How identity providers' people come in. */
export const federatedActions = ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWithSAML', 'sts:TagSession'] as const

export const actionPatterns: Readonly<Record<Service, readonly string[]>> = {
  s3: [
    '*',
    '*',
    's3:*',
    's3:*',
    'S3:GET*',
    's3:?etObject',
    's3:GetObject',
    's3:PutObject',
    's3:List*',
    's3:*Policy',
    's3:*Object*',
    's3:G*t*t',
    'sts:*',
  ],
  trust: [
    '*',
    'sts:*',
    'sts:*',
    'sts:AssumeRole',
    'sts:assumerole',
    'sts:TagSession',
    'sts:Set*',
    'sts:?????????n',
    'sts:AssumeRole*',
    's3:*',
  ],
  key: [
    '*',
    'kms:*',
    'kms:*',
    'kms:Decrypt',
    'kms:Describe*',
    'kms:Generate*',
    'KMS:D*',
    'kms:*Key*',
    'kms:*Grant',
    'kms:Sign',
    's3:*',
  ],
}

const key = `arn:aws:kms:eu-west-1:${ownAccount}:key/k1`

export const resources: Readonly<Record<Service, readonly string[]>> = {
  s3: [
    'arn:aws:s3:::docs',
    'arn:aws:s3:::docs/a',
    'arn:aws:s3:::docs/A',
    'arn:aws:s3:::docs/xxab',
    'arn:aws:s3:::docs/xabab',
    'arn:aws:s3:::docs/kim/x',
    'arn:aws:s3:::docs/kim/x',
    'arn:aws:s3:::docs/a/b:c',
    'arn:aws:s3:::docs/k*/x',
    'arn:aws:s3:::docs/a\nb',
    'arn:aws:s3:::docs-2/a',
  ],
  trust: [roleOf(ownAccount, 'target'), roleOf(ownAccount, 'target'), roleOf(ownAccount, 'path/target')],
  key: [key, key, `arn:aws:kms:eu-west-1:${ownAccount}:key/K1`],
}

export const resourcePatterns: Readonly<Record<Service, readonly string[]>> = {
  s3: [
    '*',
    '*',
    'arn:aws:s3:::*',
    'arn:aws:s3:::docs',
    'arn:aws:s3:::docs*',
    'arn:aws:s3:::docs/*',
    'arn:aws:s3:::docs/*',
    'arn:aws:s3:::docs/a',
    'arn:aws:s3:::docs/?',
    'arn:aws:s3:::docs/a*b*',
    'arn:aws:s3:::*/x',
    'arn:aws:s3:*:*:docs/*',
    'arn:aws:s3:*:docs/*',
    'arn:aws:s3:::docs/*ab*ab',
    'arn:aws:s3',
    `arn:aws:s3:::docs/${variable('aws:username')}/*`,
    `arn:aws:s3:::docs/${variable('aws:PrincipalTag/team')}/*`,
    `arn:aws:s3:::docs/${variable("aws:principaltag/TEAM, 'kim'")}/?`,
    `arn:aws:s3:::docs/${variable('aws:TagKeys')}/*`,
    `arn:aws:s3:::docs/k${variable('*')}/x`,
    `arn:aws:s3:::docs/k${variable('?')}/x`,
    `arn:aws:s3:::docs/$${'{'}/x`,
    'arn:aws:s3:::docs/[a]',
  ],
  trust: [
    '*',
    '*',
    'arn:aws:iam::*:role/*',
    roleOf(ownAccount, 'target'),
    roleOf(ownAccount, '*'),
    roleOf(otherAccount, '*'),
    roleOf(ownAccount, variable('aws:username')),
    'arn:aws:iam',
  ],
  key: [
    '*',
    '*',
    '*',
    key,
    `arn:aws:kms:*:${ownAccount}:key/*`,
    `arn:aws:kms:*:*:key/k?`,
    'arn:aws:kms:us-east-1:*:key/*',
    'arn:aws:kms:*:key/k1',
    'arn:aws:kms:eu-*:key/*',
  ],
}
