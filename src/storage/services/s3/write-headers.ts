/** What a write says about its object, the same for one request and for many: as the SDK takes it, and as headers. Pure. */
import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import type { PutOptions } from '../../object-store.ts'
import type { Header } from './sign.ts'

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

/** The same as headers of the thin pipe, and that nothing may stand at the key where that is asked. */
export function plainHeaders(options: PutOptions): Header[] {
  const said = writeHeaders(options)
  const headers: Header[] = [['content-type', said.ContentType ?? 'application/octet-stream']]
  const say = (name: string, value: string | undefined): void => {
    if (value !== undefined) headers.push([name, value])
  }
  if (options.ifAbsent) say('if-none-match', '*')
  say('x-amz-acl', said.ACL)
  say('x-amz-server-side-encryption', said.ServerSideEncryption)
  say('x-amz-server-side-encryption-aws-kms-key-id', said.SSEKMSKeyId)
  say('x-amz-server-side-encryption-bucket-key-enabled', said.BucketKeyEnabled?.toString())
  say('x-amz-tagging', said.Tagging)
  say('x-amz-storage-class', said.StorageClass)
  say('x-amz-object-lock-mode', said.ObjectLockMode)
  say('x-amz-object-lock-retain-until-date', said.ObjectLockRetainUntilDate?.toISOString())
  say('x-amz-object-lock-legal-hold', said.ObjectLockLegalHoldStatus)
  for (const name in said.Metadata) say(`x-amz-meta-${name}`, said.Metadata[name])
  return headers
}

function taggingOf({ settings }: PutOptions): string | undefined {
  const tags = Object.entries(settings?.tags ?? {})
  if (tags.length === 0) return undefined
  return tags.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
}
