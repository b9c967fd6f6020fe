/** What an error text itself tells about a cause beyond that it fits: the values that were seen, the clocks, the region. */
import type { ErrorFacts } from './error-facts.ts'

/** One line for each value that speaks for this class. */
export function evidenceFor(id: string, facts: ErrorFacts): string[] {
  const lines = rows[id]?.(facts) ?? []
  return lines.filter((line) => line !== null)
}

type Tell = (facts: ErrorFacts) => (string | null)[]

const region: Tell = ({ expectedRegion, signedRegion }) => [
  expectedRegion === undefined
    ? null
    : `S3 expects \`${expectedRegion}\`${signedRegion === undefined ? '' : `, and the request was signed for \`${signedRegion}\``}`,
]

const clock: Tell = ({ clocks }) => {
  if (clocks === undefined) return []
  const seconds = Math.round((clocks.request.getTime() - clocks.server.getTime()) / 1000)
  const way = seconds < 0 ? 'behind' : 'ahead of'
  return [`the request’s time is ${span(Math.abs(seconds))} ${way} the other side’s`]
}

const window: Tell = ({ sasTimes }) => {
  if (sasTimes === undefined) return []
  const { start, expiry, current } = sasTimes
  const late = current === null ? null : Math.round((current.getTime() - expiry.getTime()) / 1000)
  const early = current === null || start === null ? null : Math.round((start.getTime() - current.getTime()) / 1000)
  return [
    `the token ended at ${expiry.toISOString()}${late !== null && late > 0 ? `, ${span(late)} before the call` : ''}`,
    early !== null && early > 0 ? `the token begins ${span(early)} after the call` : null,
  ]
}

const address: Tell = ({ recorded }) => [
  recorded?.sourceAddress == null ? null : `CloudTrail saw the call come from \`${recorded.sourceAddress}\``,
  recorded?.vpcEndpointId == null ? null : `CloudTrail saw it come by the VPC endpoint \`${recorded.vpcEndpointId}\``,
]

/** CloudTrail leaves the parameters of some refused calls out; then it says nothing about the External ID. */
const externalId: Tell = ({ recorded }) => {
  if (recorded?.roleArn == null) return []
  return [
    recorded.externalId === null
      ? 'CloudTrail shows no External ID in the request'
      : `CloudTrail shows the External ID \`${recorded.externalId}\` in the request`,
  ]
}

const caller: Tell = ({ recorded }) => {
  const who = recorded?.caller ?? recorded?.callerAccount ?? null
  return [who === null ? null : `CloudTrail names the caller \`${who}\``]
}

const packed: Tell = ({ lower }) => {
  const percent = /consumes (\d{1,6})%/.exec(lower)?.[1]
  return [percent === undefined ? null : `STS counted ${percent} percent of the room`]
}

const namedPolicy: Tell = ({ policyArn, authorizationId }) => [
  policyArn === undefined ? null : `the denial names the policy \`${policyArn}\``,
  authorizationId === undefined
    ? null
    : `people of the account can ask GetRequestAuthorizationDetails with \`${authorizationId}\``,
]

const acl: Tell = ({ recorded }) => [recorded?.isAclRequired === true ? 'CloudTrail says that an ACL decided' : null]

const rows: Readonly<Record<string, Tell>> = {
  'wrong-region': region,
  'clock-skew': clock,
  'sas-expired': window,
  'sas-key-window': window,
  'trust-source-ip': address,
  'permissions-source-ip': address,
  'vpc-endpoint-policy': address,
  'external-id-mismatch': externalId,
  'trust-principal': caller,
  'packed-policy-too-large': packed,
  'organization-policy': namedPolicy,
  'permissions-deny': namedPolicy,
  boundary: namedPolicy,
  'session-policy': namedPolicy,
  'missing-acl-permission': acl,
  'acl-not-supported': acl,
}

/** A span of time for people: the two largest units. */
function span(seconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ]
  let rest = seconds
  const parts: string[] = []
  for (const [name, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return parts.length === 0 ? 'less than a second' : parts.join(' and ')
}
