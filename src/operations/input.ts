/** Input as strangers send it: checked against the operation's schema, refused in one line that names the field. */
import type { z } from 'zod'
import { DrawbridgeError } from '../base/index.ts'
import { type OperationName, operations } from '../contract/index.ts'

/** One problem of an input, as every schema library tells it. */
export interface InputIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * Parses an input.
 * @throws input-invalid
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  operation: string,
): z.output<Schema> {
  const parsed = schema.safeParse(input ?? {})
  if (parsed.success) return parsed.data
  throw inputInvalid(parsed.error.issues, operation)
}

/** Parses the input of an operation that is called by name, without a service in between. @throws input-invalid */
export function parseLocalInput<Name extends OperationName>(
  name: Name,
  input: unknown,
): z.output<(typeof operations)[Name]['input']> {
  const schema: z.ZodType = operations[name].input
  return parseInput(schema, input, name) as z.output<(typeof operations)[Name]['input']>
}

/** Makes the error of an input that was refused: the first problem in the message, how many more in the help. */
export function inputInvalid(issues: readonly InputIssue[], operation?: string): DrawbridgeError {
  const [first] = issues
  const where = (first?.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
  const what = lowerFirst(first?.message ?? 'it does not have the form that the operation needs')
  return new DrawbridgeError({
    code: 'input-invalid',
    message: where === '' ? what : `\`${where}\`: ${what}`,
    ...(operation === undefined ? {} : { operation }),
    ...(issues.length > 1 ? { help: `${issues.length - 1} more to correct: ${alsoWrong(issues.slice(1))}` } : {}),
  })
}

function alsoWrong(issues: readonly InputIssue[]): string {
  const names = issues
    .slice(0, 5)
    .map((issue) => (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.'))
  return names.map((name) => (name === '' ? 'the whole' : `\`${name}\``)).join(', ')
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`.replace(/\.$/, '')
}
