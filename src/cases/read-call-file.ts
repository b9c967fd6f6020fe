/**
 * Reads call files: one API call, the policies of the chain it meets, and what is ours to change, in one JSON value, for
 * explaining, repairing and comparing. The JSON Schema of the form is `docs/schemas/iam-call.json`.
 */
import { err, ok, type Result } from '../base/index.ts'
import type { ApiCall, ChainPolicies, Decision, Link, OwnSettings, PolicyName } from '../iam/index.ts'
import { Form } from './form.ts'
import { readApiCall } from './read-api-call.ts'
import { chainMembers, readChain } from './read-chain.ts'

/** What a call file expects; null members expect nothing. */
export interface CallExpectation {
  readonly decision: Decision
  readonly link: Link | null
  /** The deciding statement, or the nearest to allowing. */
  readonly statement: { readonly policy: string; readonly index: number } | null
  /** The first repair: whose it is, and the setting or the policy that it changes. */
  readonly repair: {
    readonly side: 'ours' | 'theirs'
    readonly setting: string | null
    readonly policy: string | null
    /** Of a policy: the operations of the patch. */
    readonly operations: readonly unknown[] | null
  } | null
}

/** One call file, read. */
export interface CallFile {
  readonly name: string
  readonly call: ApiCall
  readonly policies: ChainPolicies
  readonly ours: OwnSettings
  /** The policies' texts, by the names that explanations use: as given, or printed where they were given as JSON. */
  readonly texts: Readonly<Record<string, string>>
  /** Calls that a repair should leave as they are. */
  readonly otherCalls: readonly ApiCall[]
  /** The policies as they were earlier; null when the file holds one version only. */
  readonly before: ChainPolicies | null
  readonly expected: CallExpectation | null
}

/** Reads one call file; the error is one line that names the member at fault. */
export function readCallFile(json: unknown): Result<CallFile, string> {
  const problems: string[] = []
  const form = Form.read(json, 'the call file', problems, [
    'name',
    'source',
    'call',
    'policies',
    'ours',
    'otherCalls',
    'before',
    'expected',
  ])
  const name = form.string('name')
  const call = readApiCall(form.value('call'), 'call', problems)
  const chain = readChain(form.object('policies', chainMembers), null, problems)
  const earlier = form.optionalObject('before', chainMembers)
  const before = earlier === null ? null : readChain(earlier, chain.policies, problems).policies
  const otherCalls = form
    .list('otherCalls')
    .flatMap((value, i) => readApiCall(value, `otherCalls/${i}`, problems) ?? [])
  const ours = readOwnSettings(form.optionalObject('ours', ownMembers), call)
  const expected = readExpectation(form.optionalObject('expected', ['decision', 'link', 'statement', 'repair']))
  const [problem] = problems
  if (problem !== undefined || call === null) {
    const said = problem ?? 'the call is missing'
    return err(name === '' ? said : `call file \`${name.slice(0, 60)}\`: ${said}`)
  }
  return ok({ name, call, policies: chain.policies, ours, texts: chain.texts, otherCalls, before, expected })
}

const ownMembers = [
  'egress',
  'observedAddress',
  'availableTags',
  'bucketRegion',
  'objectOwnership',
  'rootPath',
] as const

/** What is not said is taken narrowly: no further tags, a changing address, the bucket in the region of the call. */
function readOwnSettings(form: Form | null, call: ApiCall | null): OwnSettings {
  const rootPath = form?.optionalString('rootPath') ?? null
  const isDynamic = form === null || !form.has('egress') || form.value('egress') === 'dynamic'
  const ownership = form?.optionalString('objectOwnership') ?? null
  return {
    egress: isDynamic ? 'dynamic' : form.strings('egress'),
    observedAddress: form?.optionalString('observedAddress') ?? null,
    availableTags: form?.texts('availableTags') ?? {},
    bucketRegion: form?.optionalString('bucketRegion') ?? call?.region ?? '',
    objectOwnership: ownership === null ? null : (form?.choice('objectOwnership', ownerships) ?? null),
    ...(rootPath === null ? {} : { rootPath }),
  }
}

const ownerships = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'] as const
const decisions = ['allowed', 'explicitDeny', 'implicitDeny'] as const
const links = ['base-identity', 'assume-role', 'permissions', 'bucket-policy', 'kms-key'] as const
const settings = ['stsRegion', 'acl', 'encryption', 'identityMapping'] as const
const policyNames = [
  'trust',
  'permissions',
  'boundary',
  'session',
  'bucket',
  'key',
  'scp',
  'rcp',
  'base',
] as const satisfies readonly PolicyName[]

function readExpectation(form: Form | null): CallExpectation | null {
  if (form === null) return null
  const statement = form.optionalObject('statement', ['policy', 'index'])
  const repair = form.optionalObject('repair', ['side', 'setting', 'policy', 'operations'])
  return {
    decision: form.choice('decision', decisions) ?? 'implicitDeny',
    link: form.optionalString('link') === null ? null : form.choice('link', links),
    statement: statement === null ? null : { policy: statement.string('policy'), index: statement.number('index') },
    repair:
      repair === null
        ? null
        : {
            side: repair.choice('side', ['ours', 'theirs']) ?? 'theirs',
            setting: repair.has('setting') ? repair.choice('setting', settings) : null,
            policy: repair.has('policy') ? repair.choice('policy', policyNames) : null,
            operations: repair.has('operations') ? repair.list('operations') : null,
          },
  }
}
