/** A policy as the text that AWS's APIs take. */
import type { PolicyDocument } from './setup-policies.ts'

/**
 * Writes a policy as JSON. IAM and STS refuse characters above U+00FF in policies, and a root path may hold some, so they
 * are written as JSON escapes, which mean the same. `indent` as for `JSON.stringify`; compact when absent.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html parameter `Policy`
 */
export function policyText(document: PolicyDocument, indent?: number): string {
  return JSON.stringify(document, null, indent).replace(/[^\u0020-\u00ff\n]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
