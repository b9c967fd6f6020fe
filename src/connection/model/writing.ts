/** How objects are written: what each purpose may set, and the values where nothing was said. */
import type { Location, ObjectSettings, Purpose, Writing } from '../../contract/index.ts'
import { invalid } from './refuse.ts'

type WritingInput = { readonly [Key in keyof Writing]?: Writing[Key] | undefined }

/** Fills in what was not said. @throws input-invalid — a setting that the purpose or the service does not have */
export function takeWriting(input: WritingInput, purpose: Purpose, location: Location, before?: Writing): Writing {
  const objects = input.objects ?? before?.objects
  const probeOutsideRoot = input.probeOutsideRoot ?? before?.probeOutsideRoot
  const writing: Writing = {
    acl: input.acl ?? before?.acl ?? 'none',
    encryption: input.encryption ?? before?.encryption ?? { kind: 'bucket-default' },
    resume: input.resume ?? before?.resume ?? false,
    ...(probeOutsideRoot === undefined ? {} : { probeOutsideRoot }),
    ...(objects === undefined || Object.keys(objects).length === 0 ? {} : { objects }),
  }
  if (writing.objects !== undefined) checkObjects(writing.objects, purpose, location)
  if (location.service !== 's3') {
    if (writing.acl !== 'none') throw invalid('writing.acl', 'is only for a bucket')
    if (writing.encryption.kind !== 'bucket-default') throw invalid('writing.encryption', 'is only for a bucket')
  }
  if (purpose === 'source') {
    if (writing.acl !== 'none') throw invalid('writing.acl', 'is for purposes that write, and a source is only read')
    if (writing.resume) throw invalid('writing.resume', 'is for purposes that write, and a source is only read')
    // A key may be named all the same: reading what it encrypted needs kms:Decrypt, which the set-up kit then grants.
    if (writing.encryption.kind === 'sse-s3') {
      throw invalid('writing.encryption', 'is for purposes that write, and a source is only read')
    }
  }
  return writing
}

const ofS3 = ['GOVERNANCE', 'COMPLIANCE']
/** What S3 and Azure both take in a tag. */
const tagText = /^[A-Za-z0-9 +\-.:=_/]*$/

/** Refuses what the service does not have, at the door and not at the first delivery. @throws input-invalid */
function checkObjects(objects: ObjectSettings, purpose: Purpose, { service }: Location): void {
  const { tags = {}, storageClass, retention, legalHold, tier } = objects
  if (purpose === 'source') throw invalid('writing.objects', 'is for purposes that write, and a source is only read')
  if (service === 'local')
    throw invalid('writing.objects', 'is for a bucket or a container, and a folder has none of it')
  if (service !== 's3' && storageClass !== undefined)
    throw invalid('writing.objects.storageClass', 'is only for a bucket')
  if (service !== 'azblob' && tier !== undefined) throw invalid('writing.objects.tier', 'is only for a container')
  if (retention !== undefined && ofS3.includes(retention.mode) !== (service === 's3')) {
    const modes = service === 's3' ? 'GOVERNANCE or COMPLIANCE' : 'Unlocked or Locked'
    throw invalid('writing.objects.retention', `is \`${retention.mode}\`, and here it can be ${modes}`)
  }
  if (tier === 'Archive' && (retention !== undefined || legalHold === true)) {
    throw invalid('writing.objects.tier', 'can not be Archive together with retention or a legal hold')
  }
  if (Object.keys(tags).length > 10) throw invalid('writing.objects.tags', 'has more than ten tags')
  const bad = Object.entries(tags)
    .flat()
    .find((text) => !tagText.test(text))
  if (bad !== undefined) throw invalid('writing.objects.tags', 'holds characters that a tag can not have')
}
