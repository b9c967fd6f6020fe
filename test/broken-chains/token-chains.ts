/** Chains that break where an ID token opens the role: the provider, the token and its keys, and what the trust policy compares. */
import { customerAccountId } from '../../src/sandbox/index.ts'
import type { AwsScene } from './aws-scene.ts'
import type { AwsChain } from './chain.ts'
import { demand, drop, type PolicyDocument } from './policy-edits.ts'

const assume = 'sts:AssumeRoleWithWebIdentity'
const wish = { authentication: 'token' } as const

const atTrust = (cause: string, condition?: string) =>
  ({ red: 'assume-role', cause, policy: 'trust', ...(condition === undefined ? {} : { condition }) }) as const

const oneOfMany = (cause: string) => ({ red: 'assume-role', cause, among: true }) as const

const claim = (name: string, kind: 'aud' | 'sub') => `drawbridge.example.com/${name}:${kind}`

/** Puts other values into the condition on a claim, in every statement that has it. */
const claimed =
  (kind: 'aud' | 'sub', change: (value: string) => string, operator = 'StringEquals') =>
  (scene: AwsScene): Promise<void> =>
    scene.edit('trust', (policy) => {
      const key = `${scene.issuer.prefix}:${kind}`
      for (const statement of policy.Statement) {
        const { [key]: value = '', ...others } = statement.Condition?.['StringEquals'] ?? {}
        const changed = { [key]: change(String(value)) }
        statement.Condition = { StringEquals: others, ...(operator === 'StringEquals' ? {} : { [operator]: changed }) }
        if (operator === 'StringEquals') statement.Condition = { StringEquals: { ...others, ...changed } }
      }
    })

const without = (kind: 'aud' | 'sub') => (policy: PolicyDocument, prefix: string) => {
  for (const statement of policy.Statement) delete statement.Condition?.['StringEquals']?.[`${prefix}:${kind}`]
}

export const tokenChains: readonly AwsChain[] = [
  {
    cloud: 'aws',
    name: 'token-subject-other',
    story: 'IT copies the trust policy of another role, with its subject',
    wish,
    break: claimed('sub', (subject) => subject.replace(/[^:]*$/, 'dbx_of-another-connection')),
    vendor: oneOfMany('token-subject-mismatch'),
    administrator: atTrust('token-subject-mismatch', claim('token-subject-other', 'sub')),
    repair: { by: 'theirs', says: /subject|:sub/ },
  },
  {
    cloud: 'aws',
    name: 'token-subject-case',
    story: 'IT types the subject in upper case',
    wish,
    break: claimed('sub', (subject) => subject.toUpperCase()),
    vendor: oneOfMany('token-subject-mismatch'),
    administrator: atTrust('token-subject-mismatch', claim('token-subject-case', 'sub')),
    repair: { by: 'theirs', says: /subject|:sub/ },
  },
  {
    cloud: 'aws',
    name: 'token-audience-other',
    story: 'IT demands the audience of their own platform',
    wish,
    break: claimed('aud', () => 'api://acme'),
    vendor: oneOfMany('token-subject-mismatch'),
    administrator: atTrust('token-subject-mismatch', claim('token-audience-other', 'aud')),
    repair: { by: 'theirs', says: /audience|:aud/ },
  },
  {
    cloud: 'aws',
    name: 'token-subject-any',
    story: 'IT drops the condition on the subject',
    wish,
    break: (scene) => scene.edit('trust', (policy) => without('sub')(policy, scene.issuer.prefix)),
    vendor: { red: 'assume-role', cause: 'token-not-compared' },
    administrator: atTrust('token-not-compared'),
    repair: { by: 'theirs', says: /replace the trust policy by `trust-policy\.json`/ },
  },
  {
    cloud: 'aws',
    name: 'token-subject-wildcard',
    story: 'IT lets every connection of ours in: StringLike with * at the end',
    wish,
    break: claimed('sub', (subject) => subject.replace(/[^:]*$/, '*'), 'StringLike'),
    vendor: { red: 'assume-role', cause: 'token-not-compared' },
    administrator: atTrust('token-not-compared'),
    repair: { by: 'theirs', says: /replace the trust policy/ },
  },
  {
    cloud: 'aws',
    name: 'token-provider-other',
    story: 'the trust policy names the provider of their other cloud',
    wish,
    break: (scene) =>
      scene.edit('trust', (policy) => {
        const Federated = `arn:aws:iam::${customerAccountId}:oidc-provider/oidc.acme.example.com`
        for (const statement of policy.Statement) statement['Principal'] = { Federated }
      }),
    vendor: oneOfMany('token-principal'),
    administrator: atTrust('token-principal'),
    repair: { by: 'theirs', says: /principal|provider/ },
  },
  {
    cloud: 'aws',
    name: 'token-issuer-other',
    story: 'the conditions stand under the keys of another issuer',
    wish,
    break: (scene) =>
      scene.edit('trust', (policy) => {
        const text = JSON.stringify(policy.Statement).replaceAll(`"${scene.issuer.prefix}:`, '"oidc.acme.example.com:')
        policy.Statement = JSON.parse(text) as PolicyDocument['Statement']
      }),
    vendor: oneOfMany('token-subject-mismatch'),
    administrator: atTrust('token-subject-mismatch', 'oidc.acme.example.com:aud'),
    repair: { by: 'theirs', says: /./ },
  },
  {
    cloud: 'aws',
    name: 'token-action',
    story: 'IT allows the provider sts:AssumeRole, which tokens do not ask for',
    wish,
    break: (scene) =>
      scene.edit('trust', (policy) => {
        for (const statement of policy.Statement) {
          statement.Action = [statement.Action].flat().map((action) => (action === assume ? 'sts:AssumeRole' : action))
        }
      }),
    vendor: oneOfMany('token-principal'),
    administrator: atTrust('token-principal'),
    repair: { by: 'theirs', says: /AssumeRoleWithWebIdentity|statement/ },
  },
  {
    cloud: 'aws',
    name: 'token-external-id',
    story: 'IT adds the External ID of their other vendor, which tokens do not carry',
    wish,
    break: (scene) =>
      scene.edit('trust', (policy) => demand(policy, assume, 'StringEquals', 'sts:ExternalId', 'acme-2026')),
    vendor: oneOfMany('token-subject-mismatch'),
    administrator: atTrust('external-id-mismatch', 'sts:ExternalId'),
    repair: { by: 'theirs', says: /sts:ExternalId/ },
  },
  {
    cloud: 'aws',
    name: 'token-source-ip',
    story: 'IT requires the office network of whoever comes with a token',
    wish,
    break: (scene) =>
      scene.edit('trust', (policy) => demand(policy, assume, 'IpAddress', 'aws:SourceIp', ['203.0.113.0/24'])),
    vendor: oneOfMany('token-subject-mismatch'),
    administrator: atTrust('trust-source-ip', 'aws:SourceIp'),
    repair: { by: 'theirs', says: /remove the condition on `aws:SourceIp`/ },
  },
  {
    cloud: 'aws',
    name: 'token-tags',
    story: 'IT does not let the provider set session tags',
    wish,
    break: (scene) => scene.edit('trust', (policy) => drop(policy, 'sts:TagSession')),
    vendor: { red: 'assume-role', cause: 'trust-tag-session' },
    administrator: atTrust('trust-tag-session'),
    repair: { by: 'theirs', says: /sts:TagSession/ },
  },
  {
    cloud: 'aws',
    name: 'token-source-identity',
    story: 'IT does not let the provider set a source identity',
    wish,
    break: (scene) => scene.edit('trust', (policy) => drop(policy, 'sts:SetSourceIdentity')),
    vendor: { red: 'assume-role', cause: 'trust-source-identity' },
    administrator: atTrust('trust-source-identity'),
    repair: { by: 'theirs', says: /sts:SetSourceIdentity/ },
  },
  {
    cloud: 'aws',
    name: 'token-role-deleted',
    story: 'IT deletes the role that our tokens open',
    wish,
    break: (scene) => scene.deleteRole(),
    vendor: oneOfMany('token-role-missing'),
    administrator: atTrust('token-role-missing'),
    repair: { by: 'theirs', says: /make the role again with the set-up kit/ },
    mend: async (scene) => {
      await scene.issuer.unregister()
      await scene.applyKit()
    },
  },
  {
    cloud: 'aws',
    name: 'token-provider-missing',
    story: 'IT tidies up the identity providers of the account, and ours goes',
    wish,
    break: (scene) => scene.issuer.unregister(),
    vendor: { red: 'assume-role', cause: 'token-provider-missing' },
    administrator: { red: 'assume-role', cause: 'token-provider-missing', policy: 'trust' },
    repair: { by: 'theirs', says: /register the issuer/ },
    mend: (scene) => scene.issuer.register(),
  },
  {
    cloud: 'aws',
    name: 'token-audience-unlisted',
    story: 'IT takes our audience off the list of the identity provider',
    wish,
    break: (scene) => scene.issuer.unlistAudience(),
    vendor: { red: 'assume-role', cause: 'token-audience-unlisted' },
    administrator: { red: 'assume-role', cause: 'token-audience-unlisted', policy: 'trust' },
    repair: { by: 'theirs', says: /add the audience/ },
    mend: (scene) => scene.issuer.listAudience(),
  },
  {
    cloud: 'aws',
    name: 'token-key-unpublished',
    story: 'we sign with a new key before it is published',
    wish,
    break: (scene) => {
      scene.issuer.tokens = scene.issuer.signing()
      scene.useTokens(scene.issuer.tokens)
    },
    vendor: { red: 'base-identity', cause: 'token-not-signed-by-issuer' },
    administrator: null,
    repair: { by: 'ours', says: /publish the key that signs/ },
    mend: (scene) => scene.issuer.publish(scene.issuer.tokens),
  },
  {
    cloud: 'aws',
    name: 'token-keys-unreadable',
    story: 'our issuer’s address serves no keys any more',
    wish,
    break: (scene) => scene.issuer.publish(null),
    vendor: { red: 'base-identity', cause: 'token-keys-unreadable' },
    administrator: null,
    repair: { by: 'ours', says: /serve `\/\.well-known\/openid-configuration`/ },
    mend: (scene) => scene.issuer.publish(scene.issuer.tokens),
  },
  {
    cloud: 'aws',
    name: 'token-issuer-changed',
    story: 'our configuration names another issuer than the one that the customer registered',
    wish,
    break: (scene) => scene.useTokens(scene.issuer.signing('https://login.drawbridge.example.com')),
    vendor: { red: 'base-identity', cause: 'token-unusable' },
    administrator: null,
    repair: { by: 'ours', says: /put `webIdentity` back/ },
    mend: (scene) => scene.useTokens(scene.issuer.tokens),
  },
  {
    cloud: 'aws',
    name: 'token-file-ended',
    story: 'the platform stopped renewing the file with the token',
    wish: { authentication: 'token-file' },
    break: (scene) => scene.issuer.project(new Date(Date.now() - 3_600_000)),
    vendor: { red: 'base-identity', cause: 'token-unusable' },
    administrator: null,
    repair: { by: 'ours', says: /who writes the file/ },
    mend: async (scene) => {
      await scene.issuer.project(new Date())
      scene.useTokens(scene.issuer.tokens)
    },
  },
]
