/**
 * Reads and checks what AssumeRole is asked for, before anybody is asked whether it is allowed.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import type { NamedPolicy } from '../../iam/index.ts'
import { parsePolicy } from '../../iam/index.ts'
import { AwsError } from '../http/aws-error.ts'
import {
  constraint,
  type Form,
  integer,
  list,
  patternProblem,
  required,
  requiredMatching,
  tagList,
  validation,
} from '../http/form.ts'
import type { StoredPolicy } from '../world/entities.ts'
import { readPolicy } from '../world/policies.ts'

/** A request for a session, well formed. */
export interface SessionInput {
  readonly roleArn: string
  readonly sessionName: string
  readonly externalId: string | null
  readonly durationSeconds: number
  readonly tags: ReadonlyMap<string, string>
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | null
  readonly policyText: string | null
  readonly policyArns: readonly string[]
}

const longestSeconds = 43_200
const longestPolicy = 2048
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Reads the parameters. @throws AwsError */
export function readSessionInput(form: Form, minimumSeconds: number): SessionInput {
  const roleArn = required(form, 'RoleArn')
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\x21-\x7e]+$/.test(roleArn) || roleArn.length > 2048) {
    throw validation('Request ARN is invalid')
  }
  const pattern = 'Member must satisfy regular expression pattern: [\\w+=,.@-]*'
  const sessionName = requiredMatching(form, 'RoleSessionName', /^[\w+=,.@-]{2,64}$/, pattern)
  const durationSeconds = integer(form, 'DurationSeconds', 3600)
  if (durationSeconds < minimumSeconds)
    throw durationProblem(durationSeconds, `greater than or equal to ${minimumSeconds}`)
  if (durationSeconds > longestSeconds)
    throw durationProblem(durationSeconds, `less than or equal to ${longestSeconds}`)
  return {
    roleArn,
    sessionName,
    externalId: optional(form, 'ExternalId', /^[\w+=,.@:/-]{2,1224}$/, '[\\w+=,.@:\\/-]*'),
    durationSeconds,
    ...readTags(form),
    sourceIdentity: optional(form, 'SourceIdentity', /^[\w+=,.@-]{2,64}$/, '[\\w+=,.@-]*'),
    policyText: form.get('Policy') ?? null,
    policyArns: policyArns(form),
  }
}

/** Reads the session policy: the inline one and the managed ones together. @throws AwsError */
export function readSessionPolicy(input: SessionInput, managed: readonly StoredPolicy[]): NamedPolicy | null {
  const parts: StoredPolicy[] = [...managed]
  if (input.policyText !== null) {
    if (input.policyText.length > longestPolicy) {
      throw constraint(
        `Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to ${longestPolicy}`,
      )
    }
    const stored = readPolicy(input.policyText, 'identity')
    if (!stored.ok) throw new AwsError({ code: 'MalformedPolicyDocument', status: 400, message: stored.error })
    parts.push(stored.value)
  }
  const [only] = parts
  if (only === undefined) return null
  if (parts.length === 1) return { name: 'session policy', policy: only.policy }
  const statements = parts.flatMap((part) => statementSources(part.policy.source))
  const merged = parsePolicy({ Version: '2012-10-17', Statement: statements })
  if (!merged.ok)
    throw new AwsError({ code: 'MalformedPolicyDocument', status: 400, message: 'Syntax errors in policy.' })
  return { name: 'session policy', policy: merged.value }
}

function statementSources(source: unknown): readonly unknown[] {
  if (typeof source !== 'object' || source === null || !('Statement' in source)) return []
  return Array.isArray(source.Statement) ? source.Statement : [source.Statement]
}

function policyArns(form: Form): readonly string[] {
  const arns: string[] = []
  for (let index = 1; index <= 10; index += 1) {
    const arn = form.get(`PolicyArns.member.${index}.arn`)
    if (arn === undefined) return arns
    arns.push(arn)
  }
  if (form.has('PolicyArns.member.11.arn'))
    throw constraint(
      "Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10",
    )
  return arns
}

function optional(form: Form, name: string, pattern: RegExp, shown: string): string | null {
  const value = form.get(name)
  if (value === undefined) return null
  if (value.length < 2) throw patternProblem(name, value, 'Member must have length greater than or equal to 2')
  if (!pattern.test(value))
    throw patternProblem(name, value, `Member must satisfy regular expression pattern: ${shown}`)
  return value
}

function durationProblem(value: number, rule: string): AwsError {
  return constraint(
    `Value '${value}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${rule}`,
  )
}

function readTags(form: Form): Pick<SessionInput, 'tags' | 'transitiveTagKeys'> {
  const pairs = tagList(form, 'Tags')
  if (pairs.length > 50)
    throw constraint("Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50")
  const tags = new Map<string, string>()
  const seen = new Set<string>()
  for (const [key, value] of pairs) {
    if (key.length < 1 || key.length > 128 || !tagText.test(key)) throw tagProblem('key')
    if (value.length > 256 || !tagText.test(value)) throw tagProblem('value')
    if (/^aws:/i.test(key)) throw invalidTags('aws: prefixed tag key names are not allowed for external use.')
    if (seen.has(key.toLowerCase()))
      throw invalidTags('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
    seen.add(key.toLowerCase())
    tags.set(key, value)
  }
  const transitiveTagKeys = list(form, 'TransitiveTagKeys')
  if (transitiveTagKeys.some((key) => !seen.has(key.toLowerCase()))) {
    throw invalidTags('The specified transitive tag key must be included in the requested tags.')
  }
  return { tags, transitiveTagKeys }
}

function tagProblem(member: 'key' | 'value'): AwsError {
  const length = member === 'key' ? '1 and 128' : '0 and 256'
  return constraint(
    `Value at 'tags.member.${member}' failed to satisfy constraint: Member must have length between ${length} and satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*`,
  )
}

/** A refusal of session tags. */
export function invalidTags(message: string): AwsError {
  return new AwsError({ code: 'InvalidParameterValue', status: 400, message })
}
