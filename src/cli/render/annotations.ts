/**
 * What a plan would do, as lines that code review tools show beside the policy's own line: GitHub's workflow commands, which
 * Gitea and Forgejo read too. Pure.
 *
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
import type { PlanCause, WhatIf } from '../../contract/index.ts'
import { printable } from '../terminal.ts'

/** The files of a plan, by policy. */
export type PlannedFiles = Readonly<Record<'trust' | 'permissions' | 'boundary' | 'bucket' | 'key', readonly string[]>>

/** One line for every cause, or one notice when there is none. */
export function annotationsOf(found: WhatIf, files: PlannedFiles): string[] {
  if (found.causes.length === 0) return [`::notice title=${property(titleOf(found))}::${message(found.summary)}`]
  return found.causes.map((cause) => {
    const level = cause.effect === 'uncertain' ? 'warning' : 'error'
    const properties = [...placeOf(cause, files), `title=${property(titleOf(found))}`].join(',')
    return `::${level} ${properties}::${message(textOf(cause))}`
  })
}

function titleOf(found: WhatIf): string {
  return `drawbridge ${found.connection}`
}

/** A cause that stands in no planned file is shown at the first of them. */
function placeOf(cause: PlanCause, files: PlannedFiles): string[] {
  const { place } = cause
  const named = place === undefined ? undefined : (files as Readonly<Record<string, readonly string[]>>)[place.policy]
  const file = named?.[place?.document ?? 0]
  if (file !== undefined && place !== undefined) {
    return [`file=${property(file)}`, `line=${place.line}`, `col=${place.column}`]
  }
  const first = Object.values(files).flat()[0]
  return first === undefined ? [] : [`file=${property(first)}`, 'line=1']
}

function textOf(cause: PlanCause): string {
  const repair = cause.repairs[0]
  const lines = [cause.summary, `calls: ${cause.operations.join(', ')}`]
  if (repair !== undefined) lines.push(`repair: ${repair.summary}`)
  return lines.join('\n')
}

function message(text: string): string {
  return printable(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
