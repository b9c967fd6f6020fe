/**
 * The identity provider of a set-up kit: the customer's account has to register our issuer before a role can trust its ID
 * tokens. One account has one provider for an issuer, so a second connection finds it there and only adds its audience.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
import type { Connection } from '../../contract/index.ts'
import type { SetupModel } from '../../iam/index.ts'
import { quote } from './shell.ts'

/** The provider, by its names. */
export interface KitProvider {
  readonly arn: string
  readonly issuer: string
  readonly audience: string
  readonly subject: string
}

/** The provider that a kit needs; null where the role is not opened by an ID token. */
export function providerOf({ authentication }: Connection, model: SetupModel): KitProvider | null {
  if (authentication.kind !== 'role' || authentication.webIdentity === undefined || !model.webIdentity) return null
  const { issuer, audience, subject } = authentication.webIdentity
  return { arn: model.webIdentity.providerArn, issuer, audience, subject }
}

/** The lines of the AWS CLI script that register the issuer, or add the audience to it. */
export function providerLines({ arn, issuer, audience }: KitProvider): string[] {
  return [
    `provider=${quote(arn)}`,
    `audience=${quote(audience)}`,
    'if aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$provider" >/dev/null 2>&1; then',
    '  aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "$provider" --client-id "$audience"',
    'else',
    '  # AWS checks issuers by public certificate authorities; older tools demand a thumbprint all the same, and this one',
    '  # fits no certificate.',
    `  aws iam create-open-id-connect-provider --url ${quote(issuer)} --client-id-list "$audience" \\`,
    `    --thumbprint-list ${'0'.repeat(40)} >/dev/null`,
    'fi',
    '',
  ]
}
