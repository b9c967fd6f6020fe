/** Reads the policies of a chain from a call file, each as JSON or as text, and keeps the texts for underlining. */
import { type ChainPolicies, type NamedPolicy, parsePolicy } from '../iam/index.ts'
import { firstProblem, grantsOf } from './evaluate-case.ts'
import type { Form } from './form.ts'

/** The policies of a chain and their texts by name. */
export interface ReadChain {
  readonly policies: ChainPolicies
  readonly texts: Readonly<Record<string, string>>
}

/** Members of the form. */
export const chainMembers = [
  'base',
  'trust',
  'permissions',
  'boundary',
  'session',
  'bucket',
  'key',
  'grants',
  'scp',
  'rcp',
  'restrictPublicBuckets',
] as const

type ListMember = 'base' | 'permissions'
type LevelMember = 'scp' | 'rcp'
type SingleMember = 'trust' | 'boundary' | 'session' | 'bucket' | 'key'

/** Reads a chain. A member that is absent is as in `otherwise`; without it null, which says not looked at or not there. */
export function readChain(form: Form, otherwise: ChainPolicies | null, problems: string[]): ReadChain {
  const texts = new Map<string, string>()
  const read = (value: unknown, name: string): NamedPolicy[] => {
    const parsed = parsePolicy(value)
    if (!parsed.ok) {
      problems.push(`policy ${name}: ${firstProblem(parsed.error)}`)
      return []
    }
    texts.set(name, typeof value === 'string' ? value : JSON.stringify(value, null, 2))
    return [{ name, policy: parsed.value }]
  }
  const one = (member: SingleMember): NamedPolicy | null => {
    if (!form.has(member)) return otherwise?.[member] ?? null
    const value = form.value(member)
    return value === null ? null : (read(value, member)[0] ?? null)
  }
  const list = (member: ListMember): readonly NamedPolicy[] | null => {
    if (!form.has(member)) return otherwise?.[member] ?? null
    if (form.value(member) === null) return null
    return form.list(member).flatMap((value, i) => read(value, `${member}[${i}]`))
  }
  const levels = (member: LevelMember): readonly (readonly NamedPolicy[])[] => {
    if (!form.has(member)) return otherwise?.[member] ?? []
    return form.list(member).map((level, i) => {
      if (!Array.isArray(level)) problems.push(`${form.path(member)}/${i} must be a list of policies`)
      const policies: readonly unknown[] = Array.isArray(level) ? level : []
      return policies.flatMap((value, j) => read(value, `${member}[${i}][${j}]`))
    })
  }
  const grants = otherwise?.grants
  const restricts = form.optionalBoolean('restrictPublicBuckets') ?? otherwise?.restrictPublicBuckets
  const policies: ChainPolicies = {
    base: list('base'),
    trust: one('trust'),
    permissions: list('permissions'),
    boundary: one('boundary'),
    session: one('session'),
    bucket: one('bucket'),
    key: one('key'),
    scp: levels('scp'),
    rcp: levels('rcp'),
    ...(form.has('grants') ? grantsOf(form, problems) : grants === undefined ? {} : { grants }),
    ...(restricts === undefined ? {} : { restrictPublicBuckets: restricts }),
  }
  return { policies, texts: Object.fromEntries(texts) }
}
