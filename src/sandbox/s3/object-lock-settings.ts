/** The Object Lock of a bucket: switching it on, and its default retention. What follows from it stands in `object-lock.ts`. */
import { AwsError } from '../http/aws-error.ts'
import { childElements, childText, element, leaf, malformedXml, readXml } from '../http/xml.ts'
import type { RetentionMode } from './bucket.ts'
import { xmlAnswer } from './list.ts'
import { isMode } from './object-lock.ts'
import { receiveText } from './payload.ts'
import { allowBucket, existingBucket, type S3Operation } from './request.ts'

export const putObjectLockConfiguration: S3Operation = async (request) => {
  const bucket = existingBucket(request)
  allowBucket(request, bucket, 's3:PutBucketObjectLockConfiguration')
  const root = readXml(await receiveText(request.call, request.verified), 'ObjectLockConfiguration')
  if (childText(root, 'ObjectLockEnabled') !== 'Enabled') throw malformedXml()
  if (bucket.versioning !== 'Enabled') {
    throw new AwsError({
      code: 'InvalidBucketState',
      status: 409,
      message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    })
  }
  const rule = childElements(root, 'Rule')[0]
  const retention = rule === undefined ? undefined : childElements(rule, 'DefaultRetention')[0]
  bucket.objectLock = { byDefault: retention === undefined ? null : readDefault(retention) }
  return { status: 200 }
}

function readDefault(retention: Parameters<typeof childText>[0]): { mode: RetentionMode; days: number } {
  const mode = childText(retention, 'Mode')
  const days = Number(childText(retention, 'Days') ?? Number(childText(retention, 'Years') ?? Number.NaN) * 365)
  if (!isMode(mode) || !Number.isInteger(days) || days < 1 || days > 36_500) throw malformedXml()
  return { mode, days }
}

export const getObjectLockConfiguration: S3Operation = (request) => {
  const bucket = existingBucket(request)
  allowBucket(request, bucket, 's3:GetBucketObjectLockConfiguration')
  if (bucket.objectLock === null) {
    throw new AwsError({
      code: 'ObjectLockConfigurationNotFoundError',
      status: 404,
      message: 'Object Lock configuration does not exist for this bucket',
      fields: { BucketName: bucket.name },
    })
  }
  const { byDefault } = bucket.objectLock
  const rule =
    byDefault === null
      ? null
      : element('Rule', element('DefaultRetention', leaf('Mode', byDefault.mode), leaf('Days', byDefault.days)))
  return xmlAnswer('ObjectLockConfiguration', leaf('ObjectLockEnabled', 'Enabled'), rule)
}
