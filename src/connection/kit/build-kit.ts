/** The set-up kit: every file that the customer's administrator needs, written from the one model of the connection. */
import type { Connection, SetupKit } from '../../contract/index.ts'
import { writeSetupPolicies } from '../../iam/index.ts'
import { type ConnectionContext, describeEgress } from '../context.ts'
import { isS3, setupModelOf } from '../model/setup-model.ts'
import { callerOf } from '../open/session-need.ts'
import { roleScript, userScript } from './aws-cli.ts'
import { azureScript } from './azure.ts'
import { cloudFormationTemplate } from './cloudformation.ts'
import { grantText } from './grant-text.ts'
import { type KitProvider, providerOf } from './identity-provider.ts'
import { type QuickCreate, quickCreate } from './quick-create.ts'
import { bucketReadme, containerReadme, directoryReadme, type ReadmeFacts } from './readme.ts'
import { subjectOf } from './subject.ts'
import { terraformConfiguration } from './terraform.ts'
import { vendorReadme } from './vendor.ts'

type KitFile = SetupKit['files'][number]

/**
 * Builds the set-up kit. Deterministic but for the end date of a SAS token, which is a year from now. Holds no secret.
 *
 * @throws no-base-identity — a role's trust policy has to name our principal
 */
export async function buildKit(connection: Connection, context: ConnectionContext): Promise<SetupKit> {
  const { authentication, location } = connection
  const principal = authentication.kind === 'role' ? (await callerOf(connection, context)).principalArn : '-'
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
    files: [...placeFiles(connection, facts, context), key, ...formerKeyFiles(context)].map((one) => ({
      ...one,
      text: withNewline(one.text),
    })),
  }

  function placeFiles(of: Connection, about: ReadmeFacts, around: ConnectionContext): KitFile[] {
    if (location.service === 'azblob') {
      return [
        readmeFile(containerReadme(about, location.containerUrl)),
        {
          path: 'apply-azure-cli.sh',
          purpose: 'makes a revocable SAS token with the Azure CLI, into a file',
          text: azureScript(of, location.containerUrl, around.clock.now()),
        },
      ]
    }
    if (!isS3(of)) return [readmeFile(directoryReadme(about, location.service === 'local' ? location.directory : ''))]
    return bucketFiles(about, around)
  }
}

/** One file for each key that was rotated out, named by the moment at which it signed for the last time. */
function formerKeyFiles({ formerEvidenceKeys = [] }: ConnectionContext): KitFile[] {
  return formerEvidenceKeys.map(({ publicKeyPem, until }) => ({
    path: `evidence-key-until-${until.replace(/[-:]|\.\d+/gu, '')}.pem`,
    purpose: `the public key that checks receipts which were signed until ${until}`,
    text: publicKeyPem,
  }))
}

function bucketFiles(facts: ReadmeFacts, context: ConnectionContext): KitFile[] {
  const { connection, principal, egress } = facts
  const model = setupModelOf(connection, principal)
  const policies = writeSetupPolicies(model)
  const subject = subjectOf(connection, model)
  const text = grantText(connection, model)
  const provider = providerOf(connection, model)
  const template = withNewline(cloudFormationTemplate(subject, model, policies, text, provider))
  const published = publishedTemplate(connection, template, context)
  const isRole = subject.kind === 'role'
  const { authentication } = connection
  const accessKeyId = authentication.kind === 'access-key' ? authentication.accessKeyId : ''
  return [
    readmeFile(bucketReadme({ ...facts, provider }, subject, model, published)),
    ...(isRole ? [json('trust-policy.json', trustPurpose(provider), policies.trust)] : []),
    json('permissions-policy.json', `what the ${subject.kind} may do: the identity-based policy`, policies.permissions),
    json('bucket-policy.json', 'statements for the bucket policy, where it is needed', policies.bucket),
    ...(policies.key === null
      ? []
      : [json('key-policy.json', `a key policy that lets the ${subject.kind} use the KMS key`, policies.key)]),
    {
      path: 'apply-aws-cli.sh',
      purpose: `makes or updates the ${subject.kind} with the AWS CLI`,
      text: isRole ? roleScript(subject, model, text, provider) : userScript(subject, model, text, accessKeyId),
    },
    { path: 'cloudformation.json', purpose: 'the same as a CloudFormation template', text: template },
    {
      path: 'main.tf',
      purpose: 'the same as a Terraform configuration',
      text: terraformConfiguration(subject, model, policies, text, provider),
    },
    ...(isRole
      ? [
          ...(provider === null
            ? [json('vendor-base-policy.json', 'our side: what our own identity may do, for comparison', policies.base)]
            : issuerFiles(context)),
          {
            path: 'vendor-README.md',
            purpose: 'our side: for whoever runs Drawbridge',
            text: vendorReadme(connection.name, model, egress, published, provider),
          },
        ]
      : []),
  ]
}

function trustPurpose(provider: KitProvider | null): string {
  return provider === null
    ? 'who may assume the role: our principal with the External ID'
    : 'who may assume the role: an ID token of our issuer for this audience and this subject'
}

/** What our issuer has to publish. Public keys only. */
function issuerFiles({ tokens }: ConnectionContext): KitFile[] {
  const documents = tokens?.documents
  if (!documents) return []
  return [
    {
      path: 'vendor-openid-configuration.json',
      purpose: 'our side: what our issuer publishes at /.well-known/openid-configuration',
      text: documents.configuration,
    },
    {
      path: 'vendor-jwks.json',
      purpose: 'our side: the public keys that our issuer publishes at /.well-known/jwks.json',
      text: documents.keySet,
    },
  ]
}

/** The link and the address of the template; null where the operator publishes none. */
function publishedTemplate(connection: Connection, template: string, context: ConnectionContext): QuickCreate | null {
  const { location, name } = connection
  const bucket = context.kitTemplateBucketUrl ?? null
  if (bucket === null || location.service !== 's3') return null
  return quickCreate(bucket, template, `drawbridge-${name}`, location.region)
}

function json(path: string, purpose: string, value: unknown): KitFile {
  return { path, purpose, text: JSON.stringify(value, null, 2) }
}

function readmeFile(text: string): KitFile {
  return { path: 'README.md', purpose: 'what this is, what is granted and why, and in which order to go', text }
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
