/** The vendor's page of a set-up kit: what stands on our side, for whoever runs this deployment and for whoever audits it. */
import type { SetupModel } from '../../iam/index.ts'
import type { KitProvider } from './identity-provider.ts'
import type { QuickCreate } from './quick-create.ts'

/** Writes `vendor-README.md`. */
export function vendorReadme(
  connectionName: string,
  model: SetupModel,
  egress: string,
  published: QuickCreate | null,
  provider: KitProvider | null,
): string {
  return `${[
    `# The vendor's side of ${connectionName}`,
    'For whoever runs Drawbridge. The customer needs none of it, and may read all of it.',
    ...(provider === null ? [] : tokenPart(provider)),
    ...(provider === null ? ownIdentity(model) : []),
    '## From where our calls come',
    egress === 'dynamic'
      ? 'From addresses that change: this is what the kit tells the customer. When they become fixed, declare them as `egress` in the configuration and hand out a new kit.'
      : `From ${egress}: this is what the kit tells the customer. Tell customers before it changes; some will have restricted their policies to it.`,
    ...(published === null
      ? []
      : [
          '## Publishing the template',
          `The quick-create link of \`README.md\` works once the very text of \`cloudformation.json\` is served at\n\n    ${published.templateUrl}\n\nThat is its own SHA-256 in the path: any change of the connection makes another address, and nobody can guess one. The object must be readable by the customer, who opens it with credentials of another account.`,
        ]),
    '## When the connection ends',
    `\`drawbridge connection remove\` tells what the customer can delete.${provider === null ? ' Take the statement out of our own policy then.' : ''}`,
  ].join('\n\n')}\n`
}

function ownIdentity(model: SetupModel): string[] {
  return [
    '## Our own identity',
    `\`vendor-base-policy.json\` is the identity-based policy of \`${model.vendorPrincipalArn}\` for this connection: it may assume \`${model.roleArn}\` and no other role, and it has no rights on any storage. An identity that serves several connections has one such statement for each; nothing wider is needed, and \`sts:AssumeRole\` on \`*\` would let anybody who can enter a role ARN try roles of others.`,
    applyBase(model),
    ...(model.externalId === null
      ? []
      : [
          'The External ID is sent with every AssumeRole of this connection, taken from the connection and never from a request. It never changes, and is not given out again when the connection is removed.',
        ]),
  ]
}

/** What an issuer has to do so that AWS believes its tokens. */
function tokenPart({ issuer, audience, subject }: KitProvider): string[] {
  return [
    '## Our ID token',
    `We have no AWS identity for this connection and need no policy on our side: an ID token of \`${issuer}\` for \`${audience}\` with the subject \`${subject}\` opens the role. No External ID is sent, because AssumeRoleWithWebIdentity knows none; audience and subject are what the customer's trust policy compares.`,
    `Where we sign the tokens ourselves, \`vendor-openid-configuration.json\` and \`vendor-jwks.json\` must be served, as they are, at\n\n    ${issuer}/.well-known/openid-configuration\n    ${issuer}/.well-known/jwks.json\n\nto everybody, over https with a certificate of a public authority: AWS fetches them. Whoever can change what is served there can open every role that trusts it, and so can whoever has the signing key.`,
  ]
}

/** The command that gives our identity the policy: a role in most deployments, an IAM user where there is only an access key. */
function applyBase({ vendorPrincipalArn, roleArn }: SetupModel): string {
  const [, kind = '', name = ''] = /:(role|user)\/(?:.*\/)?([^/]+)$/.exec(vendorPrincipalArn) ?? []
  if (kind === '') return 'Add it to whatever gives that identity its rights.'
  const policy = `drawbridge-${roleArn.slice(roleArn.lastIndexOf('/') + 1)}`.slice(0, 128)
  const user =
    kind === 'user'
      ? ' An IAM user has a long-lived access key: keep it for trying things out, rotate it, and move to a role as soon as you can.'
      : ''
  return `Give it to the ${kind}, with credentials of your own account that may change IAM:\n\n    aws iam put-${kind}-policy --${kind}-name ${name} --policy-name ${policy} \\\n      --policy-document file://vendor-base-policy.json${user === '' ? '' : `\n\n${user.trim()}`}`
}
