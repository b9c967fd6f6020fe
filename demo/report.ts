/** The report that the demo delivers: its own bill of materials and evidence log, or any files the reader names. */
import { openAsBlob, statSync } from 'node:fs'
import path from 'node:path'
import type { DrawbridgeClient } from '../src/contract/index.ts'
import { billOfMaterials } from './bill-of-materials.ts'

export interface ReportSource {
  readonly name: string
  /** Empty: the default report. */
  readonly files: readonly string[]
  readonly root: string
}

/** How long a delivery of the report may take before the story gives up: a minute, and more for many bytes. */
export function patienceMs(report: ReportSource): number {
  const slowestBytesPerMs = 10_000
  return 60_000 + report.files.reduce((sum, file) => sum + statSync(file).size, 0) / slowestBytesPerMs
}

/** Sends the report's files to the spool, in the person's name, and returns their upload ids. */
export async function uploadReport(
  report: ReportSource,
  person: DrawbridgeClient,
  operator: DrawbridgeClient,
): Promise<string[]> {
  const uploads: string[] = []
  for (const file of report.files) {
    uploads.push((await person.upload(path.basename(file), await openAsBlob(file))).upload)
  }
  if (uploads.length > 0) return uploads
  const log = await operator.evidence.export({})
  const bom = await person.upload('sbom.cdx.json', new Blob([billOfMaterials(report.root)]))
  const evidence = await person.upload('evidence-log.jsonl', new Blob([`${log.entries.join('\n')}\n`]))
  return [bom.upload, evidence.upload]
}
