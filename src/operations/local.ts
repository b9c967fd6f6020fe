/** The operations that need no service: they work on files alone, for people who have no Drawbridge running. */
import { readFile } from 'node:fs/promises'
import { DrawbridgeError } from '../base/index.ts'
import { evaluateCase } from '../cases/index.ts'
import type { OperationOutput } from '../contract/index.ts'

type Results = OperationOutput<'policy.evaluate'>['results']

/** A file of cases is text that a person wrote. */
const maximumCaseFileBytes = 20_000_000

/**
 * Evaluates files of cases, each one case or a list of them. A malformed case is a result too: one that does not hold.
 * @throws report-unreadable when a file can not be read; input-invalid when it is not JSON
 */
export async function evaluateCases(input: { readonly cases: readonly string[] }): Promise<{ results: Results }> {
  const results: Results = []
  for (const path of input.cases) {
    const read = await readCases(path)
    for (const [index, value] of read.entries()) results.push(evaluateOne(value, path, index))
  }
  return { results }
}

function evaluateOne(value: unknown, path: string, index: number): Results[number] {
  const outcome = evaluateCase(value)
  if (outcome.ok) return { file: path, ...outcome.value, missingContextValues: [...outcome.value.missingContextValues] }
  return { file: path, name: `case ${index}`, ok: false, problem: outcome.error }
}

async function readCases(path: string): Promise<readonly unknown[]> {
  const text = await readBounded(path)
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : [value]
  } catch (cause) {
    throw new DrawbridgeError({
      code: 'input-invalid',
      message: `\`${path}\` is not JSON`,
      operation: 'policy.evaluate',
      help: 'docs/schemas/iam-case.json describes the form of a case',
      cause,
    })
  }
}

async function readBounded(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DrawbridgeError({ code: 'report-unreadable', message: `\`${path}\` can not be read`, cause })
  })
  if (bytes.length <= maximumCaseFileBytes) return bytes.toString('utf8')
  throw new DrawbridgeError({ code: 'input-invalid', message: `\`${path}\` is larger than 20 MB` })
}
