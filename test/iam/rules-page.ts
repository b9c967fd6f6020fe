/** Writes docs/iam-rules.md: each rule of AWS's evaluation, in one line, with the cases that hold the engine to it. */
import { readdirSync, readFileSync } from 'node:fs'

/** What the page needs to know of a case. */
export interface RuledCase {
  readonly topic: string
  readonly name: string
  readonly source: string
  readonly rules: readonly number[]
}

const folder = new URL('../cases/iam/', import.meta.url)

/** Reads the heads of all cases, topic by topic. */
export function readRuledCases(): readonly RuledCase[] {
  const topics = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return topics.sort().flatMap((file) => {
    const cases: readonly Omit<RuledCase, 'topic'>[] = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
    return cases.map(({ name, source, rules }) => ({ topic: file.slice(0, -'.json'.length), name, source, rules }))
  })
}

/** The rules, in their order; the numbers are those of the cases' `rules`. */
export const ruleTexts: readonly string[] = [
  'Across accounts both sides must allow; a service needs the resource side only.',
  'In one account either side suffices, but trust and key policies must allow by themselves.',
  'A Deny that matches wins wherever it stands; every level and the endpoint on the way must allow.',
  'A grant to a role ARN is limited by boundary and session policy; one to a session, user or federated user is not.',
  'A star with `aws:PrincipalArn` reaches the session itself: no boundary limits it, and it survives a new role of that name.',
  'An account as principal, by number or root ARN, leaves the choice to the account; `aws:PrincipalArn` of root is the root user.',
  'Role and user ARNs are stored as unique ids, which die with their owner; sessions are named exactly or not at all.',
  'NotPrincipal with Deny spares whoever is listed with account, role and session, and nobody who has a boundary.',
  'SCPs bind the principals of member accounts, RCPs their resources; neither binds service-linked roles, SCPs no services.',
  'The root user may do everything in its account, within SCPs and RCPs, and can take back a bucket policy that locks it out.',
  'Letter case counts in values and resources, not in actions and names of context keys.',
  'A star runs past slashes and colons of a resource; ARN operators compare the six parts one by one.',
  'Without the key a positive operator fails, a negated one holds, IfExists holds, and Null tells.',
  'Several values are alternatives, of a negated operator none may match; several keys and operators must all hold.',
  'ForAllValues holds for an absent key or empty set, ForAnyValue does not.',
  'Variables exist in Version 2012-10-17 behind the fifth colon and in text and ARN conditions; values put in are literal.',
  'Dates, numbers, addresses, booleans and bytes are compared as what they are.',
  'Keys that follow from the request: principal ARN, account, type, service; each is there only for whom AWS gives it.',
  'Session tags need sts:TagSession, a source identity sts:SetSourceIdentity, on both sides across accounts.',
  "A session tag replaces the role's tag of the same key, whatever its letter case; transitive tags pass through chains.",
  '`sts:SourceIdentity` while it is set, `aws:SourceIdentity` ever after.',
  'The External ID must match exactly; a role that can be assumed without it protects nobody.',
  'A session policy only narrows.',
  'Each S3 operation asks for its own permission, on the bucket or on the object.',
  'A missing key is 404 to who may list the bucket, and 403 to others.',
  'Conditions on headers that only the first request of an upload carries refuse its parts.',
  'An encrypted object takes permissions on the key too; the encryption context is the object, or the bucket with Bucket Keys.',
  'One public statement closes a bucket to all other accounts once RestrictPublicBuckets is set.',
  'Who owns an object decides whose policy allows; Denies of the bucket policy apply to all.',
  'The key policy must allow or delegate; other accounts may only use the key.',
  'Grants stand beside the key policy and only allow, within their constraints; ViaService and the encryption context narrow the use of a key.',
  'One call is several decisions.',
  'The External ID belongs to sts:AssumeRole, not to sts:TagSession.',
  'Matching takes time in proportion to the text.',
]

/** Where else a rule is held, for what no single decision shows. */
const elsewhere: Readonly<Record<number, string>> = {
  20: 'Replacement and chaining: `src/sandbox/sts/assume-role.test.ts`.',
  21: 'Chains and the hour of a chained session: `src/sandbox/sts/assume-role.test.ts`.',
  25: 'The answers themselves: `src/sandbox/s3/objects.test.ts`.',
  29: "Object Ownership and ACLs are S3's, not the policy language's: `src/sandbox/s3/access.test.ts`.",
  32: 'Whole calls: `src/iam/operations/decide-call.test.ts`.',
  34: 'Worst cases: `test/iam/worst-case.test.ts`, `npm run proof -- iam`.',
}

const unsettled = [
  '`ForAnyValue:` together with `IfExists`.',
  'An operator without set qualifier on a key that holds several values.',
  'A negated operator against a value that is not of its type (a word for a number, a malformed address).',
  'Whether an empty text of a key with one value is null to `Null`, or an empty set to set qualifiers.',
  'Numbers with an exponent; addresses of IPv6 without prefix; years of four digits, which might be epoch seconds.',
  'Variables in `Bool` conditions (the pages contradict each other) and before the fifth colon.',
  'ARN conditions with fewer than six parts, and values with colons put into them.',
  "Two texts that differ in more than letter case by Unicode's folding; characters outside the basic plane under `?`.",
  'What `aws:PrincipalArn`, `aws:PrincipalAccount` and `aws:PrincipalType` say of services and identity providers.',
  'Public or not: limiting values of `StringEquals` that hold a star, patterns for `aws:userid`, limits on web identities.',
  'Canonical user ids, and wildcards for a kind of principal (`"Service": "*"`).',
  'Grants: whether boundary and session policy limit one to a role (taken as for a key policy that names it), whether one to an account leaves the choice to it (taken so), how strict a grant made by way of a constrained grant is (taken as not allowed).',
] as const

/** The whole page as Markdown. */
export function rulesPage(cases: readonly RuledCase[]): string {
  const numbered = ruleTexts.map((text, i) => ({ rule: i + 1, text }))
  return [
    '# The rules of IAM evaluation, and the cases that hold us to them',
    '',
    `Written by \`npm run proof -- rules\` from \`test/cases/iam/*.json\` (${cases.length} cases); a test keeps the two equal.`,
    'Every case names the AWS page that decides it, and is run on the engine and on the reference model.',
    '',
    '| rule | what it says | cases |',
    '|---|---|---|',
    ...numbered.map(({ rule, text }) => `| [${rule}](#rule-${rule}) | ${text} | ${ofRule(cases, rule).length} |`),
    '',
    '## Unsettled',
    '',
    "AWS's pages leave these open. The engine answers them one way or another; the differential test leaves them out, and no",
    'case claims to know.',
    '',
    ...unsettled.map((one) => `- ${one}`),
    '',
    ...numbered.flatMap(({ rule, text }) => section(rule, text, ofRule(cases, rule))),
  ].join('\n')
}

function ofRule(cases: readonly RuledCase[], rule: number): readonly RuledCase[] {
  return cases.filter((one) => one.rules.includes(rule))
}

function section(rule: number, text: string, cases: readonly RuledCase[]): readonly string[] {
  const sources = [...new Set(cases.map((one) => one.source))].sort()
  const note = elsewhere[rule]
  return [
    `## Rule ${rule}`,
    '',
    text,
    ...(note === undefined ? [] : ['', note]),
    '',
    ...sources.map((source) => `- ${source}`),
    '',
    ...cases.map((one) => `1. ${one.topic}: ${one.name}`),
    '',
  ]
}
