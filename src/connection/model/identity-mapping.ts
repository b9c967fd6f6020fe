/** Intake of the identity mapping: which claims become session tags, within what STS takes. */
import type { IdentityMapping } from '../../contract/index.ts'
import { invalid, quoted } from './refuse.ts'

/** The mapping of a connection that asked for none: the pseudonymous subject, and no tags. */
export const defaultIdentityMapping: IdentityMapping = { sourceIdentityClaim: 'sub', tags: [] }

/**
 * Checks a mapping.
 * @throws input-invalid — a tag key that STS refuses, or twice the same
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export function takeIdentityMapping(mapping: IdentityMapping): IdentityMapping {
  const seen = new Set<string>()
  if (mapping.tags.length > 50) throw invalid('identityMapping', 'has more than fifty tags, which STS does not take')
  for (const { tag } of mapping.tags) {
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(tag)) {
      throw invalid('identityMapping', `has the tag ${quoted(tag)}, whose characters STS does not take`)
    }
    const key = tag.toLowerCase()
    if (key.startsWith('aws:')) throw invalid('identityMapping', `has the tag ${quoted(tag)}, and \`aws:\` is reserved`)
    if (seen.has(key)) {
      throw invalid('identityMapping', `has the tag ${quoted(tag)} twice`, 'letter case makes no difference to AWS')
    }
    seen.add(key)
  }
  return mapping
}
