/** From a connection to the model of which `iam` writes policies: the same for the kit, the session policy and repairs. */
import type { Connection } from '../../contract/index.ts'
import type { SetupModel } from '../../iam/index.ts'
import { defaultUserArn, partitionOf } from './role-arn.ts'
import { providerArnOf } from './web-identity.ts'

/** A connection to a bucket. */
export type S3Connection = Connection & { readonly location: Extract<Connection['location'], { service: 's3' }> }

/** Tells connections to a bucket from the others. */
export function isS3(connection: Connection): connection is S3Connection {
  return connection.location.service === 's3'
}

/** The bucket's name. @throws TypeError when the connection is not to a bucket */
export function bucketOf(connection: Connection): string {
  if (!isS3(connection)) throw new TypeError('only a connection to a bucket has one')
  return connection.location.uri.slice('s3://'.length)
}

/**
 * Makes the model of a connection to a bucket. For an access key, whose user we do not know, `roleArn` is the ARN of the
 * user that the set-up kit makes, and trust and base policy mean nothing.
 */
export function setupModelOf(connection: Connection, vendorPrincipalArn: string): SetupModel {
  if (!isS3(connection)) throw new TypeError('only a connection to a bucket has a set-up model')
  const { location, authentication, writing, identityMapping } = connection
  const isRole = authentication.kind === 'role'
  const token = isRole ? authentication.webIdentity : undefined
  const isProjected = token?.tokens === 'file'
  return {
    partition: partitionOf(location.region),
    purpose: connection.purpose,
    bucket: bucketOf(connection),
    rootPath: location.rootPath,
    bucketOwner: location.bucketOwner,
    roleArn: isRole ? authentication.roleArn : defaultUserArn(location.region, location.bucketOwner, connection.name),
    vendorPrincipalArn,
    externalId: isRole ? authentication.externalId : null,
    ...(isRole && token !== undefined
      ? {
          webIdentity: {
            providerArn: providerArnOf(authentication.roleArn, token.issuer),
            audience: token.audience,
            subject: token.subject,
          },
        }
      : {}),
    kmsKeyArn: writing.encryption.kind === 'sse-kms' ? writing.encryption.keyArn : null,
    acl: writing.acl !== 'none',
    resume: writing.resume,
    ...objectRights(writing),
    sessionTagKeys: identityMapping.tags.map((rule) => rule.tag),
    // A token that a platform makes names no person of ours; the session's name does.
    sourceIdentity: isRole && !isProjected,
  }
}

/** The rights beyond writing that the settings of objects need, and none that they do not. */
function objectRights({ objects }: Connection['writing']): Pick<SetupModel, 'tags' | 'retention' | 'legalHold'> {
  return {
    ...(Object.keys(objects?.tags ?? {}).length === 0 ? {} : { tags: true }),
    ...(objects?.retention === undefined ? {} : { retention: true }),
    ...(objects?.legalHold === true ? { legalHold: true } : {}),
  }
}
