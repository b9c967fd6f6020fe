/** Misbehaviour on demand: rules that make chosen requests slow, refused, cut or answered with nothing. */

/** What a rule does to a request that it hits. */
export type FaultAction =
  /** Waits before the request is looked at. */
  | { readonly kind: 'latency'; readonly milliseconds: number }
  /** 503 `SlowDown` from S3, 400 `Throttling` from STS and IAM, `ThrottlingException` from KMS. */
  | { readonly kind: 'slow-down' }
  /** 500. */
  | { readonly kind: 'internal-error' }
  /** Does everything that was asked, then cuts the connection instead of answering. */
  | { readonly kind: 'lost-answer' }
  /** Cuts the connection after that many bytes of the body (absent: before any), and does nothing. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** Answers that the session has expired. */
  | { readonly kind: 'expired-token' }
  /** CompleteMultipartUpload says 200 with an error inside, and the upload stays as it was. */
  | { readonly kind: 'error-in-200' }

/** Which requests, and what happens to them. */
export interface FaultRule {
  readonly match: {
    /** `PutObject` or `s3:PutObject`; absent: every operation. */
    readonly operation?: string
    readonly bucket?: string
    /** The first request that is hit, counted from 1 among those that match; absent: the first. */
    readonly nth?: number
    /** How many are hit; absent: one when `nth` is given, else all. */
    readonly times?: number
  }
  readonly do: FaultAction
}

interface ActiveRule {
  readonly rule: FaultRule
  matched: number
}

/** The rules in force. */
export class Faults {
  #rules: ActiveRule[] = []

  /** Puts these rules in the place of all others, with fresh counts. */
  set(rules: readonly FaultRule[]): void {
    this.#rules = rules.map((rule) => ({ rule, matched: 0 }))
  }

  /** Adds a rule behind the others. */
  add(rule: FaultRule): void {
    this.#rules.push({ rule, matched: 0 })
  }

  clear(): void {
    this.#rules = []
  }

  /** Counts a request against every rule and returns the actions that hit it, in order. */
  take(service: string, operation: string, bucket: string): readonly FaultAction[] {
    const actions: FaultAction[] = []
    for (const active of this.#rules) {
      const { match } = active.rule
      const named = match.operation
      if (named !== undefined && named !== operation && named !== `${service}:${operation}`) continue
      if (match.bucket !== undefined && match.bucket !== bucket) continue
      active.matched += 1
      const first = match.nth ?? 1
      const times = match.times ?? (match.nth === undefined ? Number.POSITIVE_INFINITY : 1)
      if (active.matched >= first && active.matched < first + times) actions.push(active.rule.do)
    }
    return actions
  }
}

/** Reads rules from JSON; null when they do not have the form. */
export function readFaultRules(value: unknown): readonly FaultRule[] | null {
  if (!Array.isArray(value)) return null
  const rules: FaultRule[] = []
  for (const entry of value) {
    const rule = readRule(entry)
    if (rule === null) return null
    rules.push(rule)
  }
  return rules
}

function readRule(value: unknown): FaultRule | null {
  if (!isRecord(value) || !isRecord(value['do'])) return null
  const match = value['match'] ?? {}
  const action = readAction(value['do'])
  if (!isRecord(match) || action === null) return null
  const { operation, bucket, nth, times } = match
  if (!isOptional(operation, 'string') || !isOptional(bucket, 'string')) return null
  if (!isOptional(nth, 'number') || !isOptional(times, 'number')) return null
  return { match, do: action }
}

function readAction(value: Readonly<Record<string, unknown>>): FaultAction | null {
  const { kind, milliseconds, afterBytes } = value
  switch (kind) {
    case 'latency':
      return typeof milliseconds === 'number' && milliseconds >= 0 ? { kind, milliseconds } : null
    case 'reset':
      if (afterBytes === undefined) return { kind }
      return typeof afterBytes === 'number' && afterBytes >= 0 ? { kind, afterBytes } : null
    case 'slow-down':
    case 'internal-error':
    case 'lost-answer':
    case 'expired-token':
    case 'error-in-200':
      return { kind }
    default:
      return null
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isOptional(value: unknown, type: 'string' | 'number'): boolean {
  return value === undefined || typeof value === type
}
