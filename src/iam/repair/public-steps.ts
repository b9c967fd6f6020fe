/**
 * Repairs for a bucket policy that RestrictPublicBuckets holds to be public: then no other account is served, even one
 * that is named exactly, and no statement is to blame for the single request. What is public has to go.
 */
import { isPublicPolicy } from '../evaluate/index.ts'
import { removeStatement } from './edits.ts'
import { applyPatch, type PatchOperation } from './patch.ts'
import type { Step } from './proposal.ts'
import { policyTitle, type Refusal } from './refusal.ts'
import { policyAt } from './slots.ts'

/**
 * Removes the public statements, all of them at once: one that stays keeps the whole policy public.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export function publicSteps(refusal: Refusal): Step[] {
  const slot = { policy: 'bucket', level: 0, index: 0 } as const
  const policy = policyAt(refusal.situation.policies, slot)?.policy
  if (policy === undefined || refusal.situation.policies.restrictPublicBuckets !== true) return []
  const open = policy.statements.filter((statement) => isPublicPolicy({ ...policy, statements: [statement] }))
  if (open.length === 0 || open.length === policy.statements.length) return []
  let source = policy.source
  const operations: PatchOperation[] = []
  // From the last to the first, so that earlier positions stay true.
  for (const statement of open.toReversed()) {
    const removal = removeStatement(source, statement.index)
    const patched = applyPatch(source, removal)
    if (!patched.ok) return []
    source = patched.value
    operations.push(...removal)
  }
  const numbers = open.map((statement) => statement.index).join(', ')
  return [
    {
      side: 'theirs',
      summary: `remove the public statement${open.length === 1 ? '' : 's'} ${numbers} from ${policyTitle(refusal, slot)}: RestrictPublicBuckets refuses every other account as long as the policy is public`,
      opens: 'nothing else; whoever relied on the public statements loses access',
      cost: 35,
      edit: { slot, operations },
    },
  ]
}
