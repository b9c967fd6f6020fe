/**
 * Between the evaluator's repairs and the contract's: what of ours could change, which claims could become the tags that a
 * policy asks for, and proposals as inputs of `connection.change`.
 */
import type { Connection, IdentityMapping, Repair } from '../../contract/index.ts'
import type { OwnChange, OwnSettings, Policy, RepairProposal } from '../../iam/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { PolicyTexts } from './policy-texts.ts'

/** Claims of the person that a policy's tags could be made of: the tag's name with the claim's name and value. */
export type TagCandidates = ReadonlyMap<string, { readonly claim: string; readonly value: string }>

/**
 * Finds the claims for the request tags that a trust policy names: of the same name, or of the same name but for letter
 * case, `_` and `-`. Only what the sign-in verified; nothing is invented.
 */
export function tagCandidates(trust: Policy | undefined, claims: Readonly<Record<string, string>>): TagCandidates {
  const prefix = 'aws:requesttag/'
  const found = new Map<string, { claim: string; value: string }>()
  for (const [claim, value] of Object.entries(claims)) found.set(claim, { claim, value })
  for (const statement of trust?.statements ?? []) {
    for (const { key } of statement.conditions) {
      if (!key.toLowerCase().startsWith(prefix)) continue
      const tag = key.slice(prefix.length)
      const match = Object.entries(claims).find(([claim]) => plain(claim) === plain(tag))
      if (match !== undefined && !found.has(tag)) found.set(tag, { claim: match[0], value: match[1] })
    }
  }
  return found
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '')
}

/** What the search for repairs may change on our side. */
export function ownSettings(
  connection: Connection,
  texts: PolicyTexts,
  context: ConnectionContext,
  candidates: TagCandidates,
): OwnSettings {
  const { location } = connection
  return {
    egress: context.egress,
    observedAddress: context.observedAddress,
    availableTags: Object.fromEntries([...candidates].map(([tag, { value }]) => [tag, value])),
    bucketRegion: location.service === 's3' ? location.region : '',
    objectOwnership: texts.objectOwnership ?? null,
    rootPath: location.rootPath,
  }
}

/** A proposal in the contract's form. */
export function repairOf(proposal: RepairProposal, mapping: IdentityMapping, candidates: TagCandidates): Repair {
  const { side, summary, opens, change, patch, proved } = proposal
  return {
    side,
    summary,
    opens,
    ...(change === undefined
      ? {}
      : { change: { setting: change.setting, from: change.from, to: changeTo(change, mapping, candidates) } }),
    ...(patch === undefined
      ? {}
      : {
          patch: {
            policy: patch.policy,
            operations: patch.operations.map((operation) => ({
              op: operation.op,
              path: operation.path,
              ...('value' in operation && operation.value !== undefined ? { value: toJson(operation.value) } : {}),
            })),
            diff: patch.diff,
            after: toJson(patch.after),
          },
        }),
    proved,
  }
}

type Json = NonNullable<Repair['patch']>['after']

/** A change of the mapping is told as the whole mapping, which is what `connection.change` takes. */
function changeTo(change: OwnChange, mapping: IdentityMapping, candidates: TagCandidates): Json {
  if (change.setting !== 'identityMapping') return toJson(change.to)
  const { add = {}, remove = [] } = change.to
  const kept = mapping.tags.filter((rule) => !remove.includes(rule.tag) && !Object.hasOwn(add, rule.tag))
  const added = Object.keys(add).map((tag) => ({ tag, claim: candidates.get(tag)?.claim ?? tag, required: true }))
  return toJson({ ...mapping, tags: [...kept, ...added] })
}

/** Policies are JSON values by construction; the copy keeps the proposal's own objects out of the diagnosis. */
function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null)) as Json
}
