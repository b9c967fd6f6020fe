/** Which objects a report becomes at a target, and how each travels. Pure; the same record always gives the same plan. */
import { basename } from 'node:path/posix'
import { DrawbridgeError } from '../base/index.ts'
import type { Writing } from '../contract/index.ts'
import { layoutPackage, type PackageFile } from '../evidence/index.ts'
import type { StoreCapabilities } from '../storage/index.ts'
import { packageFolder, reportKey } from './keys.ts'
import type { DeliveryRecord, ItemRecord, SpooledFile } from './record.ts'

const mebibyte = 1 << 20
/** Below this a repetition costs less than the bookkeeping of parts. */
const smallestMultipartBytes = 16 * mebibyte
/** A whole number of the spool's pieces, whose CRCs are known. */
const partUnitBytes = 8 * mebibyte

/** What a plan depends on beside the record. */
export interface PlanTarget {
  readonly rootPath: string
  readonly writing: Writing
  readonly capabilities: StoreCapabilities
}

type Planned = Pick<DeliveryRecord, 'id' | 'report' | 'period' | 'files' | 'isCanary'> & { readonly acceptedAt: string }

/** Plans the objects of a report at one target: one object, or a package folder. @throws not-supported */
export function planItems(record: Planned, target: PlanTarget): ItemRecord[] {
  // Beside the probes of verifications, where whoever looks knows what it is.
  const rootPath = record.isCanary === true ? `${target.rootPath}.drawbridge/` : target.rootPath
  const parts = { rootPath, report: record.report, period: record.period, delivery: record.id }
  const [first, ...others] = record.files
  if (first === undefined) throw new TypeError('a report has at least one file')
  if (others.length === 0) {
    const key = reportKey(parts, first)
    return [item(0, 0, basename(key), key, first, target)]
  }
  const folder = packageFolder(parts)
  return packageFiles(record).map((file, index) =>
    item(index, file.role === 'payload' ? index : null, file.path, folder + file.path, file, target),
  )
}

/** Lays a report of several files out as a package. @throws input-invalid — a name that no package can carry */
export function packageFiles(record: Planned): PackageFile[] {
  const { id: delivery, report, period, acceptedAt, files } = record
  const layout = layoutPackage(
    files.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256 })),
    {
      delivery,
      report,
      period,
      acceptedAt,
    },
  )
  if (layout.ok) return layout.value
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: `the report can not be packed: \`${layout.error.name.slice(0, 200)}\` (${layout.error.reason})`,
    help: 'rename the file, or deliver it as a report of its own',
  })
}

function item(
  index: number,
  file: number | null,
  path: string,
  key: string,
  { sizeBytes, sha256 }: Pick<SpooledFile, 'sizeBytes' | 'sha256'>,
  target: PlanTarget,
): ItemRecord {
  const { way, partSizeBytes } = wayOf(sizeBytes, target)
  return {
    index,
    file,
    path,
    key,
    sizeBytes,
    sha256,
    state: 'waiting',
    way,
    isCreateSent: false,
    uploadId: null,
    partSizeBytes,
    answer: null,
    level: null,
  }
}

function wayOf(sizeBytes: number, target: PlanTarget): Pick<ItemRecord, 'way' | 'partSizeBytes'> {
  const { writing, capabilities } = target
  const isResumable = writing.resume && capabilities.multipart
  if (!isResumable || sizeBytes < smallestMultipartBytes) {
    if (sizeBytes <= capabilities.maximumPutBytes) return { way: 'put', partSizeBytes: 0 }
    if (!isResumable) throw tooLarge(sizeBytes, capabilities)
  }
  return { way: 'multipart', partSizeBytes: partSizeOf(sizeBytes, capabilities) }
}

/** The smallest multiple of `partUnitBytes` that keeps within the store's number of parts. */
export function partSizeOf(sizeBytes: number, capabilities: StoreCapabilities): number {
  const needed = Math.max(sizeBytes / capabilities.maximumParts, capabilities.minimumPartBytes, 1)
  return Math.ceil(needed / partUnitBytes) * partUnitBytes
}

function tooLarge(sizeBytes: number, capabilities: StoreCapabilities): DrawbridgeError {
  return new DrawbridgeError({
    code: 'not-supported',
    message: `a file of ${sizeBytes} bytes is larger than the ${capabilities.maximumPutBytes} that one request carries, and the rights allow no upload in parts`,
    context: { sizeBytes, maximumPutBytes: capabilities.maximumPutBytes },
    help: 'have the customer grant the rights to resume uploads, and switch `writing.resume` on',
  })
}
