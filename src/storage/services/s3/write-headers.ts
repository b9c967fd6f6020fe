/** What a write says about its object, the same for one request and for many: as the SDK takes it, and as headers. Pure. */
import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import type { PutOptions } from '../../object-store.ts'

type WriteHeaders = Pick<
  PutObjectCommandInput,
  | 'ContentType'
  | 'Metadata'
  | 'ACL'
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'BucketKeyEnabled'
  | 'Tagging'
  | 'StorageClass'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilDate'
  | 'ObjectLockLegalHoldStatus'
>

/** As the SDK takes it. */
export function writeHeaders(options: PutOptions): WriteHeaders {
  const { encryption, settings = {} } = options
  const { storageClass, retention, legalHold } = settings
  const tagging = taggingOf(options)
  const bucketKey = encryption?.kind === 'sse-kms' ? encryption.bucketKey : undefined
  return {
    ...(options.contentType === undefined ? {} : { ContentType: options.contentType }),
    ...(options.metadata === undefined ? {} : { Metadata: { ...options.metadata } }),
    ...(options.acl === 'bucket-owner-full-control' ? { ACL: 'bucket-owner-full-control' as const } : {}),
    ...(encryption?.kind === 'sse-s3' ? { ServerSideEncryption: 'AES256' as const } : {}),
    ...(encryption?.kind === 'sse-kms'
      ? { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: encryption.keyArn }
      : {}),
    ...(bucketKey === undefined ? {} : { BucketKeyEnabled: bucketKey }),
    ...(tagging === undefined ? {} : { Tagging: tagging }),
    // Both are words of the service, checked at the door of the connection.
    ...(storageClass === undefined ? {} : { StorageClass: storageClass as 'STANDARD' }),
    ...(retention === undefined
      ? {}
      : { ObjectLockMode: retention.mode as 'COMPLIANCE', ObjectLockRetainUntilDate: retention.until }),
    ...(legalHold === true ? { ObjectLockLegalHoldStatus: 'ON' as const } : {}),
  }
}

/** The same as headers of the thin pipe. */
export function plainHeaders(options: PutOptions): Record<string, string | undefined> {
  const { ContentType, Metadata, ACL, ServerSideEncryption, SSEKMSKeyId, ...said } = writeHeaders(options)
  return {
    'content-type': ContentType ?? 'application/octet-stream',
    'x-amz-acl': ACL,
    'x-amz-server-side-encryption': ServerSideEncryption,
    'x-amz-server-side-encryption-aws-kms-key-id': SSEKMSKeyId,
    'x-amz-server-side-encryption-bucket-key-enabled':
      said.BucketKeyEnabled === undefined ? undefined : String(said.BucketKeyEnabled),
    'x-amz-tagging': said.Tagging,
    'x-amz-storage-class': said.StorageClass,
    'x-amz-object-lock-mode': said.ObjectLockMode,
    'x-amz-object-lock-retain-until-date': said.ObjectLockRetainUntilDate?.toISOString(),
    'x-amz-object-lock-legal-hold': said.ObjectLockLegalHoldStatus,
    ...Object.fromEntries(Object.entries(Metadata ?? {}).map(([name, value]) => [`x-amz-meta-${name}`, value])),
  }
}

function taggingOf({ settings }: PutOptions): string | undefined {
  const tags = Object.entries(settings?.tags ?? {})
  if (tags.length === 0) return undefined
  return tags.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
}
