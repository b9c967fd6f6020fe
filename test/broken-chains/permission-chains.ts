/** Chains that break behind AssumeRole: permissions, boundary, organization, our session policy, rights beyond the purpose. */
import { customerAccountId } from '../../src/sandbox/index.ts'
import type { AwsChain } from './chain.ts'
import { allow, demand, drop, statementWith } from './policy-edits.ts'

const atPermissions = (cause: string, condition?: string) =>
  ({ red: 'permissions', cause, policy: 'permissions', ...(condition === undefined ? {} : { condition }) }) as const

const full = { Effect: 'Allow', Action: '*', Resource: '*' }

export const permissionChains: readonly AwsChain[] = [
  {
    cloud: 'aws',
    name: 'principal-tag',
    story: 'IT lets only the department Regulatory write',
    break: (scene) =>
      scene.edit('permissions', (policy) =>
        demand(policy, 's3:PutObject', 'StringEquals', 'aws:PrincipalTag/department', 'Regulatory'),
      ),
    vendor: { red: 'permissions', cause: 'missing-permission' },
    administrator: atPermissions('principal-tag', 'aws:PrincipalTag/department'),
    repair: { by: 'theirs', says: /`Quality`/ },
  },
  {
    cloud: 'aws',
    name: 'principal-tag-deny',
    story: 'IT denies writing to sessions of the department Quality',
    break: (scene) =>
      scene.edit('permissions', (policy) => {
        policy.Statement.push({
          Sid: 'NotQuality',
          Effect: 'Deny',
          Action: 's3:PutObject',
          Resource: '*',
          Condition: { StringEquals: { 'aws:PrincipalTag/department': 'Quality' } },
        })
      }),
    // Without tags the write is accepted, so probes tell it.
    vendor: { red: 'permissions', cause: 'principal-tag' },
    administrator: atPermissions('permissions-deny', 'aws:PrincipalTag/department'),
    repair: { by: 'theirs', says: /`NotQuality`/ },
  },
  {
    cloud: 'aws',
    name: 'missing-permission',
    story: 'IT removes s3:PutObject',
    break: (scene) => scene.edit('permissions', (policy) => drop(policy, 's3:PutObject')),
    vendor: { red: 'permissions', cause: 'missing-permission' },
    administrator: atPermissions('missing-permission'),
    repair: { by: 'theirs', says: /`s3:PutObject`/ },
  },
  {
    cloud: 'aws',
    name: 'missing-acl',
    story: 'IT removes s3:PutObjectAcl, while we send an ACL with every object',
    wish: { writing: { acl: 'bucket-owner-full-control' } },
    break: (scene) => scene.edit('permissions', (policy) => drop(policy, 's3:PutObjectAcl')),
    vendor: { red: 'permissions', cause: 'missing-acl-permission' },
    administrator: atPermissions('missing-acl-permission'),
    repair: { by: 'ours', says: /stop sending the ACL/ },
  },
  {
    cloud: 'aws',
    name: 'other-path',
    story: 'IT moves the permission to another folder',
    break: (scene) =>
      scene.edit('permissions', (policy) => {
        statementWith(policy, 's3:PutObject')['Resource'] = `arn:aws:s3:::${scene.bucket}/archive/*`
      }),
    vendor: { red: 'permissions', cause: 'missing-permission' },
    administrator: atPermissions('permissions-key-pattern'),
    repair: { by: 'theirs', says: /audit\/\*/ },
  },
  {
    cloud: 'aws',
    name: 'other-bucket',
    story: 'IT copies the policy for another bucket, with a typing mistake',
    break: (scene) =>
      scene.edit('permissions', (policy) => {
        for (const statement of policy.Statement) statement['Resource'] = `arn:aws:s3:::${scene.bucket}s/audit/*`
      }),
    vendor: { red: 'permissions', cause: 'missing-permission' },
    administrator: atPermissions('permissions-key-pattern'),
    repair: { by: 'theirs', says: /audit\/\*/ },
  },
  {
    cloud: 'aws',
    name: 'permissions-deny',
    story: 'IT denies every write in the role’s own policy',
    break: (scene) =>
      scene.edit('permissions', (policy) => {
        policy.Statement.push({ Sid: 'Frozen', Effect: 'Deny', Action: 's3:Put*', Resource: '*' })
      }),
    vendor: { red: 'permissions', cause: 'permissions-deny' },
    administrator: atPermissions('permissions-deny'),
    repair: { by: 'theirs', says: /`Frozen`/ },
  },
  {
    cloud: 'aws',
    name: 'permissions-region',
    story: 'IT limits the role to requests in another region',
    break: (scene) =>
      scene.edit('permissions', (policy) =>
        demand(policy, 's3:PutObject', 'StringEquals', 'aws:RequestedRegion', 'eu-west-1'),
      ),
    vendor: { red: 'permissions', cause: 'missing-permission' },
    administrator: atPermissions('permissions-requested-region', 'aws:RequestedRegion'),
    repair: { by: 'theirs', says: /`eu-central-1`/ },
  },
  {
    cloud: 'aws',
    name: 'permissions-source-ip',
    story: 'IT limits writing to the office network',
    break: (scene) =>
      scene.edit('permissions', (policy) =>
        demand(policy, 's3:PutObject', 'IpAddress', 'aws:SourceIp', '203.0.113.0/24'),
      ),
    vendor: { red: 'permissions', cause: 'missing-permission' },
    administrator: atPermissions('permissions-source-ip', 'aws:SourceIp'),
    repair: { by: 'theirs', says: /remove the condition on `aws:SourceIp`/ },
  },
  {
    cloud: 'aws',
    name: 'boundary',
    story: 'the platform team puts a permissions boundary on the role that knows no S3 writes',
    break: (scene) =>
      scene.edit('boundary', (policy) => {
        policy.Statement.push({ Sid: 'ReadOnly', Effect: 'Allow', Action: ['s3:Get*', 's3:List*'], Resource: '*' })
      }),
    vendor: { red: 'permissions', cause: 'boundary' },
    administrator: { red: 'permissions', cause: 'boundary', policy: 'boundary' },
    repair: { by: 'theirs', says: /permissions boundary/ },
  },
  {
    cloud: 'aws',
    name: 'scp-deny',
    story: 'the organization denies writes to S3 in a service control policy',
    break: (scene) =>
      scene.edit('scp', (policy) => {
        policy.Statement.push(full, { Sid: 'NoUploads', Effect: 'Deny', Action: 's3:PutObject', Resource: '*' })
      }),
    vendor: { red: 'permissions', cause: 'organization-policy' },
    administrator: { red: 'permissions', cause: 'organization-policy', policy: 'scp' },
    repair: { by: 'theirs', says: /ask the organization’s administrator/ },
  },
  {
    cloud: 'aws',
    name: 'scp-list',
    story: 'the organization allows a list of services, and S3 is not on it',
    break: (scene) =>
      scene.edit('scp', (policy) => {
        policy.Statement.push({ Sid: 'Known', Effect: 'Allow', Action: ['sts:*', 'iam:*', 'kms:*'], Resource: '*' })
      }),
    vendor: { red: 'permissions', cause: 'organization-policy' },
    administrator: { red: 'permissions', cause: 'organization-policy', policy: 'scp' },
    repair: { by: 'theirs', says: /ask the organization’s administrator/ },
  },
  {
    cloud: 'aws',
    name: 'rcp-deny',
    story: 'the organization’s resource control policy lets nobody from outside its sessions write',
    break: (scene) =>
      scene.edit('rcp', (policy) => {
        policy.Statement.push({
          Sid: 'OwnSessions',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: '*',
          Condition: { ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${customerAccountId}:role/internal-*` } },
        })
      }),
    vendor: { red: 'permissions', cause: 'organization-policy' },
    administrator: {
      red: 'bucket-policy',
      cause: 'organization-policy',
      policy: 'rcp',
      condition: 'aws:PrincipalArn',
    },
    repair: { by: 'theirs', says: /ask the organization’s administrator/ },
  },
  {
    cloud: 'aws',
    name: 'grants-too-much',
    story: 'IT gives the role s3:* to be done with it',
    break: (scene) => scene.edit('permissions', (policy) => policy.Statement.push(allow('s3:*', '*'))),
    vendor: { red: 'permissions', cause: 'grants-too-much' },
    administrator: atPermissions('grants-too-much'),
    repair: { by: 'theirs', says: /remove statement \d of `permissions`/ },
  },
  {
    cloud: 'aws',
    name: 'grants-read',
    story: 'IT adds reading to the statement of an export',
    break: (scene) =>
      scene.edit('permissions', (policy) => {
        const statement = statementWith(policy, 's3:PutObject')
        statement.Action = [statement.Action, 's3:GetObject'].flat()
      }),
    vendor: { red: 'permissions', cause: 'grants-too-much' },
    administrator: atPermissions('grants-too-much'),
    repair: { by: 'theirs', says: /replace `permissions` by `permissions-policy\.json`/ },
  },
  {
    cloud: 'aws',
    name: 'source-list',
    story: 'IT removes listing from a source, and leaves the objects',
    wish: { purpose: 'source', objects: ['audit/orders.csv'] },
    break: (scene) => scene.edit('permissions', (policy) => drop(policy, 's3:ListBucket')),
    vendor: { red: 'permissions', cause: 'missing-bucket-permission' },
    administrator: atPermissions('missing-bucket-permission'),
    repair: { by: 'theirs', says: /`s3:ListBucket`/ },
  },
  {
    cloud: 'aws',
    name: 'source-prefix',
    story: 'IT limits the listing of a source to another prefix',
    wish: { purpose: 'source', objects: ['audit/orders.csv'] },
    break: (scene) =>
      scene.edit('permissions', (policy) => {
        statementWith(policy, 's3:ListBucket').Condition = { StringLike: { 's3:prefix': 'archive/*' } }
      }),
    vendor: { red: 'permissions', cause: 'missing-bucket-permission' },
    administrator: atPermissions('missing-bucket-permission', 's3:prefix'),
    repair: { by: 'theirs', says: /`s3:prefix`/ },
  },
  {
    cloud: 'aws',
    name: 'source-read',
    story: 'IT removes reading from a source',
    wish: { purpose: 'source', objects: ['audit/orders.csv'] },
    break: (scene) => scene.edit('permissions', (policy) => drop(policy, 's3:GetObject')),
    vendor: { red: 'permissions', cause: 'missing-permission' },
    administrator: atPermissions('missing-permission'),
    repair: { by: 'theirs', says: /`s3:GetObject`/ },
  },
  {
    cloud: 'aws',
    name: 'enrichment-delete',
    story: 'IT removes deleting from an enrichment',
    wish: { purpose: 'enrichment' },
    break: (scene) => scene.edit('permissions', (policy) => drop(policy, 's3:DeleteObject')),
    vendor: { red: 'permissions', cause: 'missing-permission' },
    administrator: atPermissions('missing-permission'),
    repair: { by: 'theirs', says: /`s3:DeleteObject`/ },
  },
  {
    cloud: 'aws',
    name: 'resume-parts',
    story: 'IT removes the rights to list and give up the parts of an upload',
    wish: { writing: { resume: true } },
    break: (scene) => scene.edit('permissions', (policy) => drop(policy, 's3:ListMultipartUploadParts')),
    vendor: { red: 'permissions', cause: 'missing-permission' },
    administrator: atPermissions('missing-permission'),
    repair: { by: 'theirs', says: /`s3:ListMultipartUploadParts`/ },
  },
]
