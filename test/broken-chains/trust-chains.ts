/** Chains that break on the way in: the trust policy, the External ID, the session, our own identity. */
import { createHash } from 'node:crypto'
import { customerAccountId } from '../../src/sandbox/index.ts'
import type { AwsScene } from './aws-scene.ts'
import type { AwsChain } from './chain.ts'
import { demand, drop, statementWith } from './policy-edits.ts'

const entry = (operator: string, key: string, value: string | string[]) => (scene: AwsScene) =>
  scene.edit('trust', (policy) => demand(policy, 'sts:AssumeRole', operator, key, value))

const atTrust = (cause: string, condition?: string) =>
  ({ red: 'assume-role', cause, policy: 'trust', ...(condition === undefined ? {} : { condition }) }) as const

const oneOfMany = (cause: string) => ({ red: 'assume-role', cause, among: true }) as const

export const trustChains: readonly AwsChain[] = [
  {
    cloud: 'aws',
    name: 'source-ip',
    story: 'IT requires the office network in the trust policy',
    break: entry('IpAddress', 'aws:SourceIp', ['203.0.113.0/24']),
    vendor: oneOfMany('trust-source-ip'),
    administrator: atTrust('trust-source-ip', 'aws:SourceIp'),
    repair: { by: 'theirs', says: /remove the condition on `aws:SourceIp`.*External ID protects/ },
  },
  {
    cloud: 'aws',
    name: 'source-ip-fixed',
    story: 'the same where our addresses are fixed and declared',
    wish: { egress: ['198.51.100.24/32'] },
    break: entry('IpAddress', 'aws:SourceIp', ['203.0.113.0/24']),
    vendor: oneOfMany('trust-source-ip'),
    administrator: atTrust('trust-source-ip', 'aws:SourceIp'),
    repair: { by: 'theirs', says: /list our addresses `198\.51\.100\.24\/32`/ },
  },
  {
    cloud: 'aws',
    name: 'source-vpce',
    story: 'IT lets the role be assumed through their VPC endpoint only',
    break: entry('StringEquals', 'aws:SourceVpce', 'vpce-0123456789abcdef0'),
    vendor: oneOfMany('trust-source-ip'),
    administrator: atTrust('trust-source-ip', 'aws:SourceVpce'),
    repair: { by: 'theirs', says: /remove the condition on `aws:SourceVpce`/ },
  },
  {
    cloud: 'aws',
    name: 'external-id',
    story: 'IT replaces the External ID by one of their own',
    break: entry('StringEquals', 'sts:ExternalId', 'acme-audit-2026'),
    vendor: oneOfMany('external-id-mismatch'),
    administrator: atTrust('external-id-mismatch', 'sts:ExternalId'),
    repair: { by: 'theirs', says: /set `sts:ExternalId` .* to our External ID/ },
  },
  {
    cloud: 'aws',
    name: 'external-id-not-required',
    story: 'IT drops the condition on the External ID',
    break: (scene) =>
      scene.edit('trust', (policy) => {
        const statement = statementWith(policy, 'sts:AssumeRole')
        delete statement.Condition
      }),
    vendor: { red: 'assume-role', cause: 'external-id-not-required' },
    administrator: atTrust('external-id-not-required'),
    repair: { by: 'theirs', says: /replace the trust policy by `trust-policy\.json`/ },
  },
  {
    cloud: 'aws',
    name: 'external-id-any',
    story: 'IT takes any External ID: StringLike *',
    break: (scene) =>
      scene.edit('trust', (policy) => {
        statementWith(policy, 'sts:AssumeRole').Condition = { StringLike: { 'sts:ExternalId': '*' } }
      }),
    vendor: { red: 'assume-role', cause: 'external-id-not-compared' },
    administrator: atTrust('external-id-not-compared'),
    repair: { by: 'theirs', says: /replace the trust policy/ },
  },
  {
    cloud: 'aws',
    name: 'requested-region',
    story: 'IT allows the role to be assumed in one region only',
    break: entry('StringEquals', 'aws:RequestedRegion', 'eu-west-1'),
    vendor: { red: 'assume-role', cause: 'trust-requested-region' },
    administrator: atTrust('trust-requested-region', 'aws:RequestedRegion'),
    repair: { by: 'ours', says: /call STS in `eu-west-1`/ },
  },
  {
    cloud: 'aws',
    name: 'request-tag',
    story: 'IT demands the session tag cost_center, which the identity mapping does not send',
    break: (scene) =>
      scene.edit('trust', (policy) => {
        demand(policy, 'sts:AssumeRole', 'StringEquals', 'aws:RequestTag/cost_center', 'QA-114')
        const known = statementWith(policy, 'sts:TagSession').Condition?.['ForAllValues:StringEquals']
        if (known?.['aws:TagKeys'] !== undefined) known['aws:TagKeys'] = [known['aws:TagKeys'], 'cost_center'].flat()
      }),
    vendor: oneOfMany('trust-request-tag'),
    administrator: atTrust('trust-request-tag', 'aws:RequestTag/cost_center'),
    repair: { by: 'ours', says: /map the sign-in’s claim to the session tag `cost_center`/ },
  },
  {
    cloud: 'aws',
    name: 'tag-value',
    story: 'IT demands another department in the session tag',
    break: entry('StringEquals', 'aws:RequestTag/department', 'Regulatory'),
    vendor: oneOfMany('trust-request-tag'),
    administrator: atTrust('trust-request-tag', 'aws:RequestTag/department'),
    repair: { by: 'theirs', says: /`Quality`/ },
  },
  {
    cloud: 'aws',
    name: 'tag-session',
    story: 'IT removes the statement for sts:TagSession',
    break: (scene) => scene.edit('trust', (policy) => drop(policy, 'sts:TagSession')),
    vendor: { red: 'assume-role', cause: 'trust-tag-session' },
    administrator: atTrust('trust-tag-session'),
    repair: { by: 'theirs', says: /add a statement that allows `sts:TagSession`/ },
  },
  {
    cloud: 'aws',
    name: 'source-identity',
    story: 'IT removes the statement for sts:SetSourceIdentity',
    break: (scene) => scene.edit('trust', (policy) => drop(policy, 'sts:SetSourceIdentity')),
    vendor: { red: 'assume-role', cause: 'trust-source-identity' },
    administrator: atTrust('trust-source-identity'),
    repair: { by: 'theirs', says: /`sts:SetSourceIdentity`/ },
  },
  {
    cloud: 'aws',
    name: 'session-name',
    story: 'IT lets only sessions named svc-… in',
    break: entry('StringLike', 'sts:RoleSessionName', 'svc-*'),
    vendor: oneOfMany('trust-principal'),
    administrator: atTrust('trust-session-name', 'sts:RoleSessionName'),
    repair: { by: 'theirs', says: /`sts:RoleSessionName`/ },
  },
  {
    cloud: 'aws',
    name: 'mfa',
    story: 'IT demands a second factor, which no service has',
    break: entry('Bool', 'aws:MultiFactorAuthPresent', 'true'),
    vendor: oneOfMany('trust-principal'),
    administrator: atTrust('trust-condition', 'aws:MultiFactorAuthPresent'),
    repair: { by: 'theirs', says: /`aws:MultiFactorAuthPresent`/ },
  },
  {
    cloud: 'aws',
    name: 'trust-deny',
    story: 'IT denies everybody who is not of their own account',
    break: (scene) =>
      scene.edit('trust', (policy) => {
        policy.Statement.push({
          Sid: 'OwnAccountOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:AssumeRole',
          Condition: { StringNotEquals: { 'aws:PrincipalAccount': customerAccountId } },
        })
      }),
    vendor: oneOfMany('trust-principal'),
    administrator: atTrust('trust-condition', 'aws:PrincipalAccount'),
    repair: { by: 'theirs', says: /`OwnAccountOnly`/ },
  },
  {
    cloud: 'aws',
    name: 'principal-other',
    story: 'IT names a role of ours that is not the one that calls',
    break: (scene) =>
      scene.edit('trust', (policy) => {
        for (const statement of policy.Statement) statement['Principal'] = { AWS: 'arn:aws:iam::111111111111:root' }
        statementWith(policy, 'sts:AssumeRole')['Principal'] = { AWS: 'arn:aws:iam::999999999999:root' }
      }),
    vendor: oneOfMany('trust-principal'),
    administrator: atTrust('trust-principal'),
    repair: { by: 'theirs', says: /replace the principal/ },
  },
  {
    cloud: 'aws',
    name: 'principal-recreated',
    story: 'our own role was deleted and made again; the trust policy holds the dead id',
    break: async (scene) => {
      await scene.stage.remakeBaseRole()
      // The deployment gets sessions of the new role from now on.
      scene.context = scene.stage.context('dynamic')
    },
    vendor: oneOfMany('trust-principal'),
    administrator: atTrust('trust-principal'),
    repair: { by: 'theirs', says: /the id of a principal that no longer exists/ },
  },
  {
    cloud: 'aws',
    name: 'role-deleted',
    story: 'IT deletes the role',
    break: (scene) => scene.deleteRole(),
    vendor: oneOfMany('role-missing'),
    administrator: atTrust('role-missing'),
    repair: { by: 'theirs', says: /make the role again with the set-up kit/ },
    mend: (scene) => scene.applyKit(),
  },
  {
    cloud: 'aws',
    name: 'base-permission',
    story: 'our own role loses the right to assume roles',
    break: (scene) =>
      scene.stage.setBasePolicy({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }],
      }),
    vendor: oneOfMany('base-permission'),
    // The customer's policies are in order, and this view must not blame one of them.
    administrator: null,
    repair: { by: 'theirs', says: /./ },
    mend: (scene) => scene.stage.setBasePolicy(),
  },
  {
    cloud: 'aws',
    name: 'session-too-long',
    story: 'the connection asks for two hours, and a role that assumes a role gets one',
    break: (scene) => {
      const { authentication } = scene.connection
      if (authentication.kind !== 'role') throw new TypeError('no role')
      scene.connection = { ...scene.connection, authentication: { ...authentication, durationSeconds: 7200 } }
    },
    vendor: { red: 'assume-role', cause: 'session-too-long' },
    administrator: null,
    repair: { by: 'ours', says: /ask for 3600 seconds or less/ },
    mend: (scene) => scene.change({ durationSeconds: 3600 }),
  },
  {
    cloud: 'aws',
    name: 'packed-policy',
    story: 'the sign-in sends claims so long that the tags do not fit into a session',
    wish: { tags: Array.from({ length: 20 }, (_, index) => `claim${index}`) },
    break: (scene) => {
      const tags = Object.keys(scene.identity.tags).map((tag) => {
        const digest = (text: string): string => createHash('sha512').update(text).digest('base64')
        return [tag, `${digest(tag)}${digest(`${tag}2`)}`]
      })
      scene.identity = { ...scene.identity, tags: Object.fromEntries(tags) }
    },
    vendor: { red: 'assume-role', cause: 'packed-policy-too-large' },
    administrator: null,
    repair: { by: 'ours', says: /map fewer claims, or shorter ones/ },
    mend: (scene) => {
      const tags = Object.keys(scene.identity.tags).map((tag) => [tag, tag])
      scene.identity = { ...scene.identity, tags: Object.fromEntries(tags) }
    },
  },
]
