/** Names that strangers give to reports and their files: what they may hold, since logs, receipts, mails and manifests show them. */
import { DrawbridgeError } from '../base/index.ts'
import { packagePath } from '../evidence/index.ts'

/** A file's name is shown, hashed and put into manifests: one line, with folders of the report before it or none. @throws input-invalid */
export function checkFileName(name: string): string {
  if (name.length <= 255 && name.trim() === name && packagePath(name).ok) return name
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: 'the file name is empty, too long, or no plain path inside of the report',
    help: 'a file name has at most 255 visible characters; folders before it are separated by slashes',
  })
}

/** A report's name stands in logs, receipts and mails: one line of visible characters. @throws input-invalid */
export function checkReportName(report: string): string {
  if (report.trim().length > 0 && report.length <= 255 && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(report))
    return report
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: 'the name of the report is empty, too long, or holds control characters',
    help: 'a name has at most 255 visible characters',
  })
}
