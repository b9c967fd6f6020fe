/** The set-up kit: every file that the customer's administrator needs, written from the one model of the connection. */
import type { Connection, SetupKit } from '../../contract/index.ts'
import { type SetupModel, writeSetupPolicies } from '../../iam/index.ts'
import { type ConnectionContext, describeEgress } from '../context.ts'
import { isS3, setupModelOf } from '../model/setup-model.ts'
import { baseOf } from '../open/session-need.ts'
import { roleScript, userScript } from './aws-cli.ts'
import { azureScript } from './azure.ts'
import { bucketReadme, containerReadme, directoryReadme, type ReadmeFacts } from './readme.ts'

type KitFile = SetupKit['files'][number]

/**
 * Builds the set-up kit. Deterministic but for the end date of a SAS token, which is a year from now. Holds no secret.
 *
 * @throws no-base-identity — a role's trust policy has to name our principal
 */
export async function buildKit(connection: Connection, context: ConnectionContext): Promise<SetupKit> {
  const { authentication, location } = connection
  const principal = authentication.kind === 'role' ? (await baseOf(context).whoAmI()).principalArn : '-'
  const egress = describeEgress(context.egress)
  const facts: ReadmeFacts = { connection, principal, egress }
  const key: KitFile = {
    path: 'evidence-key.pem',
    purpose: 'the public key that checks receipts offline',
    text: context.evidencePublicKeyPem,
  }
  return {
    connection: connection.name,
    externalId: authentication.kind === 'role' ? authentication.externalId : null,
    principal,
    egress,
    files: [...placeFiles(connection, facts, context), key].map((one) => ({ ...one, text: withNewline(one.text) })),
  }

  function placeFiles(of: Connection, about: ReadmeFacts, around: ConnectionContext): KitFile[] {
    if (location.service === 'azblob') {
      return [
        readmeFile(containerReadme(about, location.containerUrl)),
        {
          path: 'apply-azure-cli.sh',
          purpose: 'makes a revocable SAS token with the Azure CLI',
          text: azureScript(of, location.containerUrl, around.clock.now()),
        },
      ]
    }
    if (!isS3(of)) return [readmeFile(directoryReadme(about, location.service === 'local' ? location.directory : ''))]
    const model = setupModelOf(of, principal)
    return [readmeFile(bucketReadme(about, model)), ...bucketFiles(of, model)]
  }
}

function bucketFiles(connection: Connection, model: SetupModel): KitFile[] {
  const policies = writeSetupPolicies(model)
  const { authentication, name } = connection
  const permissions = json(
    'permissions-policy.json',
    'what the role may do: the identity-based policy',
    policies.permissions,
  )
  if (authentication.kind !== 'role') {
    const id = authentication.kind === 'access-key' ? authentication.accessKeyId : ''
    return [permissions, script('gives the IAM user its permissions with the AWS CLI', userScript(name, model, id))]
  }
  return [
    json('trust-policy.json', 'who may assume the role: our principal with the External ID', policies.trust),
    permissions,
    json('bucket-policy.json', 'statements for the bucket policy, where it is needed', policies.bucket),
    ...(policies.key === null
      ? []
      : [json('key-policy.json', 'a key policy that lets the role use the KMS key', policies.key)]),
    json('vendor-base-policy.json', 'our side: what our own identity may do, for comparison', policies.base),
    script('makes or updates the role with the AWS CLI', roleScript(name, model, authentication.durationSeconds)),
  ]
}

function json(path: string, purpose: string, value: unknown): KitFile {
  return { path, purpose, text: JSON.stringify(value, null, 2) }
}

function script(purpose: string, text: string): KitFile {
  return { path: 'apply-aws-cli.sh', purpose, text }
}

function readmeFile(text: string): KitFile {
  return { path: 'README.md', purpose: 'what this is, what is granted and why, and in which order to go', text }
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
