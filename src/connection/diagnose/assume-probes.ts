/**
 * Separating probes of AssumeRole. STS gives one sentence for every reason, but it lets a request through that differs only
 * in what was refused. Sessions that probes win are dropped unused.
 */
import type { Cause, Connection } from '../../contract/index.ts'
import type { AssumeRoleRequest, RoleSession } from '../../credentials/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { assumeNow, roleOf, sessionNeed } from '../open/session-need.ts'
import { type Answer, answerOf, ProbeBudget } from './probing.ts'
import { type Separated, worksNow } from './separated.ts'

/** AssumeRole as the job does it, with `change` applied; never from the cache, never kept. */
export async function assumeAgain(
  connection: Connection,
  identity: SessionIdentity,
  context: ConnectionContext,
  change: Partial<AssumeRoleRequest> = {},
): Promise<RoleSession> {
  const { request } = await sessionNeed(connection, identity, context)
  return assumeNow({ ...request, ...change }, context)
}

/** Regions in which most customers have something, so that a restriction to a region shows. */
const otherRegions = ['us-east-1', 'eu-central-1', 'eu-west-1', 'us-west-2']

/** Tries AssumeRole without tags, without source identity, under another name and in other regions. */
export async function separateAssumeRole(
  connection: Connection,
  identity: SessionIdentity,
  context: ConnectionContext,
): Promise<Separated> {
  const role = roleOf(connection)
  const bucketRegion = connection.location.service === 's3' ? [connection.location.region] : []
  const regions = [...new Set([...bucketRegion, ...otherRegions])].filter((region) => region !== role.stsRegion)
  const budget = new ProbeBudget()
  const ask = (change: Partial<AssumeRoleRequest>): Promise<Answer> =>
    budget.take(1)
      ? answerOf(() => assumeAgain(connection, identity, context, change))
      : Promise.resolve<Answer>('untried')
  const hasTags = Object.keys(identity.tags).length > 0
  const [same, bare, noTags, noSource, otherName, ...elsewhere] = await Promise.all([
    ask({}),
    ask({ tags: {}, sourceIdentity: null }),
    hasTags ? ask({ tags: {} }) : Promise.resolve<Answer>('untried'),
    ask({ sourceIdentity: null }),
    ask({ sessionName: 'drawbridge-probe' }),
    ...regions.map((region) => ask({ region })),
  ])
  if (same === 'accepted') return worksNow('AssumeRole')
  const causes: Cause[] = []
  const region = regions.find((_, index) => elsewhere[index] === 'accepted')
  if (region !== undefined) causes.push(regionCause(role.stsRegion, region))
  if (noTags === 'accepted' || (bare === 'accepted' && noSource !== 'accepted' && hasTags)) causes.push(tagCause())
  if (noSource === 'accepted') causes.push(sourceIdentityCause())
  if (otherName === 'accepted') causes.push(nameCause(identity.sessionName))
  return { causes, ...exclusions({ bare, elsewhere, otherName }, regions), remarks: [], worksNow: false }
}

function exclusions(
  answers: {
    readonly bare: Answer | undefined
    readonly elsewhere: readonly Answer[]
    readonly otherName: Answer | undefined
  },
  regions: readonly string[],
): { excluded: string[]; ruledOut: string[] } {
  const excluded: string[] = []
  const ruledOut: string[] = []
  if (answers.bare === 'refused') {
    excluded.push('trust-tag-session', 'trust-source-identity')
    ruledOut.push('it is refused without tags and without a source identity too: sending them is not what refuses it')
  }
  if (answers.elsewhere.length > 0 && answers.elsewhere.every((answer) => answer === 'refused')) {
    excluded.push('trust-requested-region')
    ruledOut.push(`it is refused in ${regions.join(', ')} too: the region is hardly what refuses it`)
  }
  if (answers.otherName === 'refused') ruledOut.push('it is refused under another session name too')
  return { excluded, ruledOut }
}

function regionCause(from: string, to: string): Cause {
  return {
    id: 'trust-requested-region',
    confidence: 'likely',
    link: 'assume-role',
    summary: `the role can be assumed in \`${to}\` and not in \`${from}\`: a condition on \`aws:RequestedRegion\` refuses the region`,
    because: [`the same request was refused by STS in ${from} and accepted in ${to}`],
    repairs: [
      {
        side: 'ours',
        summary: `call STS in \`${to}\``,
        opens: 'nothing else',
        change: { setting: 'stsRegion', from, to },
        proved: false,
      },
    ],
  }
}

function tagCause(): Cause {
  return {
    id: 'trust-tag-session',
    confidence: 'likely',
    link: 'assume-role',
    summary:
      'the role can be assumed without session tags only: the trust policy does not allow `sts:TagSession`, or not these tags',
    because: ['the same request was refused with tags and accepted without'],
    repairs: [
      {
        side: 'theirs',
        summary: 'allow `sts:TagSession` for our principal in the trust policy, as in `trust-policy.json`',
        opens: 'we may then set the session tags that are named',
        proved: false,
      },
    ],
  }
}

function sourceIdentityCause(): Cause {
  return {
    id: 'trust-source-identity',
    confidence: 'likely',
    link: 'assume-role',
    summary:
      'the role can be assumed without a source identity only: the trust policy does not allow `sts:SetSourceIdentity`, or not this one',
    because: ['the same request was refused with a source identity and accepted without'],
    repairs: [
      {
        side: 'theirs',
        summary: 'allow `sts:SetSourceIdentity` for our principal in the trust policy, as in `trust-policy.json`',
        opens: 'we may then say in whose name we act',
        proved: false,
      },
    ],
  }
}

function nameCause(sessionName: string): Cause {
  return {
    id: 'trust-session-name',
    confidence: 'likely',
    link: 'assume-role',
    summary: `the role can be assumed under another session name than \`${sessionName}\`: a condition on \`sts:RoleSessionName\` refuses it`,
    because: ['the same request was refused under this name and accepted under another'],
    repairs: [
      {
        side: 'theirs',
        summary: 'drop the condition on `sts:RoleSessionName`, or let it match persons',
        opens: 'other session names',
        proved: false,
      },
    ],
  }
}
