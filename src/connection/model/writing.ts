/** How objects are written: what each purpose may set, and the values where nothing was said. */
import type { Location, Purpose, Writing } from '../../contract/index.ts'
import { invalid } from './refuse.ts'

type WritingInput = { readonly [Key in keyof Writing]?: Writing[Key] | undefined }

/** Fills in what was not said. @throws input-invalid — a setting that the purpose or the service does not have */
export function takeWriting(input: WritingInput, purpose: Purpose, location: Location, before?: Writing): Writing {
  const probeOutsideRoot = input.probeOutsideRoot ?? before?.probeOutsideRoot
  const writing: Writing = {
    acl: input.acl ?? before?.acl ?? 'none',
    encryption: input.encryption ?? before?.encryption ?? { kind: 'bucket-default' },
    resume: input.resume ?? before?.resume ?? false,
    ...(probeOutsideRoot === undefined ? {} : { probeOutsideRoot }),
  }
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
