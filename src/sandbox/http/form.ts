/**
 * The parameters of the Query protocol, as STS and IAM take them: `Tags.member.1.Key`. Every reader refuses with AWS's
 * own `ValidationError`.
 */
import { AwsError } from './aws-error.ts'

/** The parameters of one Query request. */
export type Form = ReadonlyMap<string, string>

/** Returns a parameter that must be there. @throws AwsError */
export function required(form: Form, name: string): string {
  const value = form.get(name)
  if (value === undefined || value === '') {
    const member = name.charAt(0).toLowerCase() + name.slice(1)
    throw constraint(`Value null at '${member}' failed to satisfy constraint: Member must not be null`)
  }
  return value
}

/** Returns a parameter whose text must match in full. @throws AwsError */
export function requiredMatching(form: Form, name: string, pattern: RegExp, rule: string): string {
  const value = required(form, name)
  if (!pattern.test(value)) throw patternProblem(name, value, rule)
  return value
}

/** The refusal of a value by its pattern. */
export function patternProblem(name: string, value: string, rule: string): AwsError {
  const member = name.charAt(0).toLowerCase() + name.slice(1)
  return constraint(`Value '${value.slice(0, 200)}' at '${member}' failed to satisfy constraint: ${rule}`)
}

/** Returns a whole number, or the default. @throws AwsError */
export function integer(form: Form, name: string, fallback: number): number {
  const value = form.get(name)
  if (value === undefined) return fallback
  if (!/^\d{1,9}$/.test(value)) throw new AwsError({ code: 'MalformedInput', status: 400, message: `Invalid ${name}` })
  return Number(value)
}

/** Returns the members of a list of strings. */
export function list(form: Form, name: string): readonly string[] {
  const values: string[] = []
  for (let index = 1; ; index += 1) {
    const value = form.get(`${name}.member.${index}`)
    if (value === undefined) return values
    values.push(value)
  }
}

/** Returns the members of a list of tags, in order and unchecked. */
export function tagList(form: Form, name: string): readonly (readonly [string, string])[] {
  const tags: (readonly [string, string])[] = []
  for (let index = 1; ; index += 1) {
    const key = form.get(`${name}.member.${index}.Key`)
    if (key === undefined) return tags
    tags.push([key, form.get(`${name}.member.${index}.Value`) ?? ''])
  }
}

/** One violated constraint in AWS's words. */
export function constraint(text: string): AwsError {
  return validation(`1 validation error detected: ${text}`)
}

/** A refusal of the input. */
export function validation(message: string): AwsError {
  return new AwsError({ code: 'ValidationError', status: 400, message })
}
