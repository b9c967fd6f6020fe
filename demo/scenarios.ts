/** What the customer's IT changes in each scenario, and which link must turn red for it. */
import type { LinkId, PolicyName } from '../src/contract/index.ts'
import type { PolicyDocument, PolicyKind } from './customer.ts'

export interface ScenarioFacts {
  readonly bucket: string
  readonly roleArn: string
}

export interface Scenario {
  readonly name: string
  /** What IT did, in one line. */
  readonly story: string
  /** Which policy they edited. */
  readonly edits: PolicyKind
  readonly change: (policy: PolicyDocument, facts: ScenarioFacts) => void
  /** Expected of the diagnosis: the link that refuses, the policy whose statement is named, whose repair comes first. */
  readonly red: LinkId
  readonly statementIn: PolicyName
  readonly repairedBy: 'ours' | 'theirs'
  /** True: the bucket is encrypted with a key of the customer's own. */
  readonly encrypted?: true
}

type Conditions = Record<string, Record<string, string | string[]>>

function statementFor(policy: PolicyDocument, action: string): Record<string, unknown> {
  const found = policy.Statement.find((statement) => [statement['Action']].flat().includes(action))
  if (found === undefined) throw new Error(`the policy has no statement for \`${action}\``)
  return found
}

function addCondition(
  statement: Record<string, unknown>,
  operator: string,
  key: string,
  value: string | string[],
): void {
  const conditions = (statement['Condition'] ?? {}) as Conditions
  conditions[operator] = { ...conditions[operator], [key]: value }
  statement['Condition'] = conditions
}

function dropAction(policy: PolicyDocument, action: string): void {
  const statement = statementFor(policy, action)
  const kept = [statement['Action']].flat().filter((item) => item !== action)
  if (kept.length > 0) statement['Action'] = kept
  else policy.Statement.splice(policy.Statement.indexOf(statement), 1)
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'source-ip',
    story: 'IT requires the office network in the trust policy: aws:SourceIp in 203.0.113.0/24',
    edits: 'trust',
    change: (policy) =>
      addCondition(statementFor(policy, 'sts:AssumeRole'), 'IpAddress', 'aws:SourceIp', ['203.0.113.0/24']),
    red: 'assume-role',
    statementIn: 'trust',
    repairedBy: 'theirs',
  },
  {
    name: 'external-id',
    story: 'IT replaces the External ID in the trust policy by one of their own',
    edits: 'trust',
    change: (policy) =>
      addCondition(statementFor(policy, 'sts:AssumeRole'), 'StringEquals', 'sts:ExternalId', 'acme-audit-2026'),
    red: 'assume-role',
    statementIn: 'trust',
    repairedBy: 'theirs',
  },
  {
    name: 'requested-region',
    story: 'IT allows the role to be assumed in one region only: aws:RequestedRegion eu-west-1',
    edits: 'trust',
    change: (policy) =>
      addCondition(statementFor(policy, 'sts:AssumeRole'), 'StringEquals', 'aws:RequestedRegion', 'eu-west-1'),
    red: 'assume-role',
    statementIn: 'trust',
    repairedBy: 'ours',
  },
  {
    name: 'request-tag',
    story: 'IT demands the session tag cost_center, which the identity mapping does not send',
    edits: 'trust',
    change: (policy) => {
      addCondition(statementFor(policy, 'sts:AssumeRole'), 'StringEquals', 'aws:RequestTag/cost_center', 'QA-114')
      const tagging = statementFor(policy, 'sts:TagSession')
      const allowed = ((tagging['Condition'] ?? {}) as Conditions)['ForAllValues:StringEquals']
      if (allowed?.['aws:TagKeys'] !== undefined) {
        allowed['aws:TagKeys'] = [...[allowed['aws:TagKeys']].flat(), 'cost_center']
      }
    },
    red: 'assume-role',
    statementIn: 'trust',
    repairedBy: 'ours',
  },
  {
    name: 'principal-tag',
    story: 'IT lets only the department Regulatory write: aws:PrincipalTag/department in the permissions policy',
    edits: 'permissions',
    change: (policy) =>
      addCondition(statementFor(policy, 's3:PutObject'), 'StringEquals', 'aws:PrincipalTag/department', 'Regulatory'),
    red: 'permissions',
    statementIn: 'permissions',
    repairedBy: 'theirs',
  },
  {
    name: 'missing-permission',
    story: 'IT removes s3:PutObject from the permissions policy',
    edits: 'permissions',
    change: (policy) => dropAction(policy, 's3:PutObject'),
    red: 'permissions',
    statementIn: 'permissions',
    repairedBy: 'theirs',
  },
  {
    name: 'missing-acl',
    story: 'IT removes s3:PutObjectAcl, while we send bucket-owner-full-control with every object',
    edits: 'permissions',
    change: (policy) => dropAction(policy, 's3:PutObjectAcl'),
    red: 'permissions',
    statementIn: 'permissions',
    repairedBy: 'ours',
  },
  {
    name: 'bucket-deny',
    story: 'IT denies writing to everybody but their backup role in the bucket policy',
    edits: 'bucket',
    change: (policy, facts) => {
      const account = facts.roleArn.split(':')[4]
      policy.Statement.push({
        Sid: 'OnlyBackupWrites',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:PutObject',
        Resource: `arn:aws:s3:::${facts.bucket}/*`,
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${account}:role/backup-writer` } },
      })
    },
    red: 'bucket-policy',
    statementIn: 'bucket',
    repairedBy: 'theirs',
  },
  {
    name: 'kms',
    story: "IT tidies the key policy of the bucket's own key: the role is not in it any more",
    edits: 'key',
    change: (policy, facts) => {
      const account = facts.roleArn.split(':')[4]
      policy.Statement = [
        {
          Sid: 'AdministratorOnly',
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${account}:user/admin` },
          Action: 'kms:*',
          Resource: '*',
        },
      ]
    },
    red: 'kms-key',
    statementIn: 'key',
    repairedBy: 'theirs',
    encrypted: true,
  },
]
