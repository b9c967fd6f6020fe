/** Rules about Resource and NotResource: their ARNs, whether the actions work on them, and what they leave open. */
import type { ActionFacts } from '../data/index.ts'
import { arnSegments } from '../match/arn.ts'
import { quote } from '../read/index.ts'
import { kindName, redundantEntries } from './action-rules.ts'
import { arnRules } from './arn-rules.ts'
import type { Draft } from './finding.ts'
import { mayMeet } from './pattern.ts'
import type { ActionView, Located, PolicyView, StatementView } from './view.ts'

/** Checks the resources of one statement. */
export function* resourceRules(view: StatementView, policy: PolicyView): Generator<Draft> {
  const { kind } = policy.options
  const { resource } = view.statement
  if (kind === 'trust') {
    if (resource !== undefined) {
      yield {
        id: 'resource-in-trust',
        pointer: view.resourcePointer,
        message: 'a trust policy has no Resource',
        part: 'key',
      }
    }
    return
  }
  if (resource === undefined) {
    yield { id: 'resource-missing', pointer: view.pointer, message: `a statement of ${kindName(kind)} has a Resource` }
    return
  }
  const faults = view.resources.flatMap((entry) => (isEverything(entry) ? [] : [...arnRules(entry)]))
  yield* faults
  yield* redundantEntries(view.resources, 'resource-redundant', false, policy.hasVariables)
  if (kind === 'bucket') yield* bucketPolicyRules(view)
  if (kind === 'key') yield* keyPolicyRules(view)
  // What a misspelled ARN fits says nothing about what was meant.
  else if (faults.length === 0) yield* fitRules(view)
  if (resource.negated && view.isAllow) {
    yield {
      id: 'not-resource-allow',
      pointer: view.resourcePointer,
      message: 'the statement allows whatever NotResource does not list',
    }
  }
  if (kind === 'identity' && view.isAllow) yield* breadthRules(view)
}

function isEverything({ text }: Located): boolean {
  return /^\*+$/.test(text)
}

function* keyPolicyRules(view: StatementView): Generator<Draft> {
  for (const entry of view.resources) {
    if (isEverything(entry)) continue
    yield { id: 'key-policy-resource', pointer: entry.pointer, message: `${quote(entry.text)} is not \`*\`` }
  }
}

/** A bucket policy covers one bucket; everything else in it AWS refuses. */
function* bucketPolicyRules(view: StatementView): Generator<Draft> {
  let first: string | null = null
  for (const entry of view.resources) {
    if (isEverything(entry)) continue
    const segments = arnSegments(entry.text)
    if (segments === null) continue
    const bucket = (segments[5] ?? '').split('/', 1)[0] ?? ''
    if (segments[2] !== 's3') {
      yield { id: 'bucket-policy-resource', pointer: entry.pointer, message: `${quote(entry.text)} is not of S3` }
    } else if (first !== null && bucket !== first && !/[*?$]/.test(bucket + first)) {
      const message = `${quote(entry.text)} is of another bucket than ${quote(first)}`
      yield { id: 'bucket-policy-resource', pointer: entry.pointer, message }
    }
    first ??= bucket
  }
}

/** Finds actions without a resource that they work on, and resources without an action. */
function* fitRules(view: StatementView): Generator<Draft> {
  const { action, resource } = view.statement
  if (action.negated || view.actions.length === 0 || resource === undefined || resource.negated) return
  const entries = view.resources.filter((entry) => isEverything(entry) || arnSegments(entry.text) !== null)
  // What is cut short before its fifth colon could be meant for anything.
  if (entries.length < view.resources.length || entries.length === 0) return
  const fits = new FitTable(entries)
  const faults = view.actions.flatMap((one) => misfit(one, entries, fits))
  yield* faults
  const isKnown = view.actions.every(({ facts }) => facts !== null && facts.length > 0)
  if (faults.length > 0 || !isKnown) return
  for (const entry of entries) {
    if (isEverything(entry)) continue
    if (view.actions.some(({ facts }) => (facts ?? []).some((one) => fits.works(one, entry)))) continue
    const message = `no action of the statement works on ${quote(entry.text)}`
    yield { id: 'resource-without-action', pointer: entry.pointer, message }
  }
}

/** Which forms of ARNs the entries may meet; each form is compared once per entry. */
class FitTable {
  readonly #known = new Map<string, Map<string, boolean>>()
  readonly #entries: readonly Located[]

  constructor(entries: readonly Located[]) {
    this.#entries = entries
  }

  meets(form: string, entry: Located): boolean {
    const byForm = this.#known.get(entry.pointer) ?? new Map<string, boolean>()
    this.#known.set(entry.pointer, byForm)
    const known = byForm.get(form)
    if (known !== undefined) return known
    const answer = isEverything(entry) || mayMeet(entry.text, form)
    byForm.set(form, answer)
    return answer
  }

  works(action: ActionFacts, entry: Located): boolean {
    if (action.resources.length === 0) return isEverything(entry)
    return action.resources.some(({ arn }) => this.meets(arn, entry))
  }

  worksOnAny(action: ActionFacts): boolean {
    return this.#entries.some((entry) => this.works(action, entry))
  }

  someMeet(form: string): boolean {
    return this.#entries.some((entry) => this.meets(form, entry))
  }
}

const bucketForm = 'arn:<Partition>:s3:::<BucketName>'
const objectForm = 'arn:<Partition>:s3:::<BucketName>/<ObjectName>'

function misfit(action: ActionView, entries: readonly Located[], fits: FitTable): readonly Draft[] {
  const facts = action.facts ?? []
  const [first] = facts
  if (first === undefined) return []
  const { text, pointer } = action
  if (facts.some((one) => fits.worksOnAny(one))) {
    return missesObjects(action, facts, fits) ? [objectsMissed(action, entries)] : []
  }
  const on = quote(entries[0]?.text ?? '')
  if (first.resources.length === 0) {
    return [
      { id: 'action-resource-mismatch', pointer, message: `${quote(text)} works on no single resource, only on \`*\`` },
    ]
  }
  if (works(first, objectForm) && fits.someMeet(bucketForm)) {
    const message = `${quote(text)} works on objects, and ${on} names a bucket`
    return [{ id: 's3-object-action-on-bucket', pointer, message }]
  }
  if (works(first, bucketForm) && fits.someMeet(objectForm)) {
    const message = `${quote(text)} works on the bucket, and ${on} names objects`
    return [{ id: 's3-bucket-action-on-objects', pointer, message }]
  }
  const wanted = first.resources.map(({ arn }) => `\`${arn}\``).join(' or ')
  return [{ id: 'action-resource-mismatch', pointer, message: `${quote(text)} works on ${wanted}, not on ${on}` }]
}

function works(action: ActionFacts, form: string): boolean {
  return action.resources.some(({ arn }) => arn === form)
}

/** `s3:*` on a bucket alone covers the bucket's actions and none on objects. */
function missesObjects(action: ActionView, facts: readonly ActionFacts[], fits: FitTable): boolean {
  if (!action.hasWildcard || action.service !== 's3' || fits.someMeet(objectForm) || !fits.someMeet(bucketForm))
    return false
  return facts.some(({ name }) => name === 'GetObject' || name === 'PutObject')
}

function objectsMissed({ text, pointer }: ActionView, entries: readonly Located[]): Draft {
  const message = `${quote(text)} covers actions on objects, and ${quote(entries[0]?.text ?? '')} names only a bucket`
  return { id: 's3-wildcard-misses-objects', pointer, message }
}

const narrowingKeys =
  /^(aws:resource(account|orgid|orgpaths|tag\/.*)|s3:(resourceaccount|dataaccesspoint.*)|kms:resourcealiases)$/

/** Finds Allow statements of identity-based policies that leave open what they should name. */
function* breadthRules(view: StatementView): Generator<Draft> {
  const { action, resource } = view.statement
  if (resource === undefined || resource.negated || action.negated) return
  const all = view.resources.find(isEverything)
  if (all !== undefined && view.conditions.length === 0 && view.actions.some(({ service }) => service === '*')) {
    yield { id: 'allow-everything', pointer: view.pointer, message: 'every action is allowed on every resource' }
    return
  }
  if (view.conditions.some(({ name }) => narrowingKeys.test(name))) return
  const anyBucket = view.resources.find(
    (entry) => isEverything(entry) || /^arn:[^:]*:s3:[^:]*:[^:]*:\*/.test(entry.text),
  )
  const anyKey = view.resources.find(
    (entry) => isEverything(entry) || /^arn:[^:]*:kms:[^:]*:[^:]*:(\*|key\/\*|alias\/\*)$/.test(entry.text),
  )
  if (anyBucket !== undefined) yield* openResource(view, 's3-write-any-bucket', isBucketWrite, anyBucket)
  if (anyKey !== undefined) yield* openResource(view, 'kms-any-key', isKeyUse, anyKey)
  if (all !== undefined) {
    yield* openResource(view, 'pass-role-any', ({ service, name }) => service === 'iam' && name === 'PassRole', all)
  }
}

function* openResource(
  view: StatementView,
  id: 's3-write-any-bucket' | 'kms-any-key' | 'pass-role-any',
  concerns: (facts: ActionFacts) => boolean,
  resource: Located,
): Generator<Draft> {
  const action = view.actions.find(({ facts }) => (facts ?? []).some(concerns))
  if (action === undefined) return
  yield { id, pointer: resource.pointer, message: `${quote(action.text)} is allowed on ${quote(resource.text)}` }
}

function isBucketWrite({ service, levels, resources }: ActionFacts): boolean {
  if (service !== 's3' || levels.includes('read') || levels.includes('list')) return false
  return resources.some(({ arn }) => arn === bucketForm || arn === objectForm)
}

function isKeyUse({ service, levels, resources, name }: ActionFacts): boolean {
  if (service !== 'kms' || !resources.some((type) => type.name === 'key')) return false
  return !levels.includes('list') && !/^(Describe|Get|List)/.test(name)
}
