/** The CLI's own pictures, as wide as this terminal. */
import picocolors from 'picocolors'
import { renderDiagnosis } from '../src/cli/render/diagnosis.ts'
import { renderCheck, renderVerification } from '../src/cli/render/verification.ts'
import type { Check, Diagnosis, Verification } from '../src/contract/index.ts'

const colors = picocolors.createColors(process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined)
const columns = Math.min(process.stdout.columns ?? 100, 120) - 5

export const draw = {
  check: (check: Check): string => renderCheck(check, columns, colors),
  verification: (verification: Verification): string => renderVerification(verification, columns, colors),
  diagnosis: (diagnosis: Diagnosis): string => renderDiagnosis(diagnosis, columns, colors),
}
