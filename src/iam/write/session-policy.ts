/**
 * The session policy that we send with every AssumeRole: what the connection's purpose needs, on its bucket and root
 * path, and nothing else, whatever the role itself may do. A session policy can only narrow, never grant.
 */
import { grantsOf } from './grants.ts'
import type { SetupModel } from './model.ts'
import { policyText } from './policy-text.ts'
import { documentOf, keyUseStatements, type PolicyDocument, storageStatements } from './setup-policies.ts'

/** The length that STS accepts, in characters of plain text. */
export const sessionPolicyLimit = 2048

/**
 * Writes the session policy of a connection. Its text (`policyText`) is at most 2,048 characters: where a root path is so long
 * that it would not fit, the session is narrowed to the longest parent folder that does; the role's own policies still
 * hold the rest.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html parameter `Policy`
 */
export function writeSessionPolicy(model: SetupModel): PolicyDocument {
  const grants = grantsOf(model)
  let rootPath = model.rootPath
  for (;;) {
    const narrowed = { ...model, rootPath }
    const document = documentOf([...storageStatements(narrowed, grants), ...keyUseStatements(narrowed, grants)])
    if (policyText(document).length <= sessionPolicyLimit || rootPath === '') return document
    rootPath = parentOf(rootPath)
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/', path.length - 2) + 1)
}
