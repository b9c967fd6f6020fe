/** Causes that are read and not evaluated: a role or its identity provider that is gone, a bucket that is gone or somebody else's, a key that is switched off. */
import type { Cause, Connection } from '../../contract/index.ts'
import { type ApiCall, requestsOf } from '../../iam/index.ts'
import { bucketOf, isS3 } from '../model/setup-model.ts'
import { providerArnOf } from '../model/web-identity.ts'
import { roleOf } from '../open/session-need.ts'
import type { PolicyTexts } from './policy-texts.ts'

/** What is not there, the way in first. */
export function absenceCauses(connection: Connection, texts: PolicyTexts): Cause[] {
  return [...missingRole(connection, texts), ...unfitProvider(connection, texts), ...misplacedBucket(connection, texts)]
}

/** Without the role nothing else was read of it, and nothing else matters. */
function missingRole(connection: Connection, texts: PolicyTexts): Cause[] {
  if (texts.roleExists !== false) return []
  const { roleArn, webIdentity } = roleOf(connection)
  return [
    {
      id: webIdentity === undefined ? 'role-missing' : 'token-role-missing',
      confidence: 'proved',
      link: 'assume-role',
      summary: `the role \`${roleArn}\` does not exist`,
      because: ['IAM says that there is no such role; STS refuses a role that does not exist like one that refuses'],
      statement: { policy: 'trust' },
      repairs: [
        {
          side: 'theirs',
          summary: `make the role again with the set-up kit; its ${webIdentity === undefined ? 'External ID is' : 'audience and subject are'} still the same`,
          opens: 'nothing else',
          proved: false,
        },
      ],
    },
  ]
}

/** The trust policy can be right and the account know nothing of the issuer, or not of our audience. */
function unfitProvider(connection: Connection, { identityProviders, roleExists }: PolicyTexts): Cause[] {
  const { roleArn, webIdentity } = roleOf(connection)
  if (webIdentity === undefined || identityProviders === undefined || roleExists === false) return []
  const arn = providerArnOf(roleArn, webIdentity.issuer)
  const { audience } = webIdentity
  const provider = identityProviders.find((one) => one.arn === arn)
  if (provider?.audiences.includes(audience) === true) return []
  const words =
    provider === undefined
      ? {
          id: 'token-provider-missing',
          summary: `the account has no identity provider \`${arn}\``,
          because: 'IAM lists the providers of the account, and this one is not among them',
          repair:
            'register the issuer in the account of the role, as the set-up kit does; its address letter by letter',
        }
      : {
          id: 'token-audience-unlisted',
          summary: `the identity provider \`${arn}\` does not list the audience \`${audience}\``,
          because: `IAM says that it lists ${provider.audiences.map((one) => `\`${one}\``).join(', ') || 'none'}`,
          repair: `add the audience to the provider: \`aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${arn} --client-id ${audience}\``,
        }
  return [
    {
      id: words.id,
      confidence: 'proved',
      link: 'assume-role',
      summary: words.summary,
      because: [words.because],
      statement: { policy: 'trust' },
      repairs: [
        {
          side: 'theirs',
          summary: words.repair,
          opens: 'nothing by itself: a role must trust provider and audience too',
          proved: false,
        },
      ],
    },
  ]
}

/** A key that is switched off refuses whatever its policy says. */
export function keyStateCauses(calls: readonly ApiCall[], texts: PolicyTexts): Cause[] {
  const state = texts.keyState
  const usesKey = calls.some((call) => requestsOf(call).some((request) => request.action.startsWith('kms:')))
  if (state === undefined || state === 'Enabled' || !usesKey) return []
  const isGoing = state === 'PendingDeletion'
  return [
    {
      id: 'kms-key-missing',
      confidence: 'proved',
      link: 'kms-key',
      summary: `the KMS key can not be used: it is \`${state}\``,
      because: [`KMS says that the key is \`${state}\``],
      statement: { policy: 'key' },
      repairs: [
        {
          side: 'theirs',
          summary: isGoing
            ? 'cancel the deletion of the key and enable it (`aws kms cancel-key-deletion`, `aws kms enable-key`)'
            : 'enable the key again (`aws kms enable-key`)',
          opens: 'whatever else the key encrypts',
          proved: false,
        },
      ],
    },
  ]
}

/** Only where role and bucket are of one account do its credentials tell whose the bucket is. */
function misplacedBucket(connection: Connection, texts: PolicyTexts): Cause[] {
  const { location } = connection
  if (!isS3(connection) || location.service !== 's3' || texts.bucketPlace === undefined) return []
  const bucket = bucketOf(connection)
  if (texts.bucketPlace === 'missing') {
    return [
      misplaced('bucket-missing', `the bucket \`${bucket}\` does not exist`, 'S3 says that there is no such bucket', [
        'theirs',
        'make the bucket again with the same name and settings, before somebody else takes the name',
      ]),
    ]
  }
  const isSameAccount = roleOf(connection).roleArn.split(':')[4] === location.bucketOwner
  if (!isSameAccount || texts.trust === undefined) return []
  const summary = `the bucket \`${bucket}\` is not of account \`${location.bucketOwner}\`: somebody else has a bucket of this name`
  return [
    misplaced('owner-mismatch', summary, 'the bucket answers, and it is not among the buckets of the account', [
      'ours',
      'stop: send nothing to this bucket, and ask for another one',
    ]),
  ]
}

function misplaced(id: string, summary: string, because: string, [side, words]: ['ours' | 'theirs', string]): Cause {
  return {
    id,
    confidence: 'proved',
    link: 'object',
    summary,
    because: [because],
    statement: { policy: 'bucket' },
    repairs: [{ side, summary: words, opens: 'nothing else', proved: false }],
  }
}
