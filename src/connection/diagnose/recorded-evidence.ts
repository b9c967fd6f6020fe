/**
 * What CloudTrail adds to the policies: the address and the VPC endpoint that AWS really saw, and whether the call that was
 * refused is the one that this connection makes. Reading events stands in `cloudtrail.ts`.
 */
import type { Connection } from '../../contract/index.ts'
import { bucketOf, isS3 } from '../model/setup-model.ts'
import { roleOf } from '../open/session-need.ts'
import { type RecordedCall, readRecordedCalls } from './cloudtrail.ts'

/** What the events say about this connection's calls. */
export interface RecordedEvidence {
  /** The address that AWS saw; null when the events do not say, or the call came by a VPC endpoint. */
  readonly sourceIp: string | null
  /** Context keys that only the events tell. */
  readonly context: Readonly<Record<string, string>>
  /** What the events show, one line each. */
  readonly remarks: readonly string[]
}

const nothing: RecordedEvidence = { sourceIp: null, context: {}, remarks: [] }

/** Reads the events of a text for a connection; `account` is the one of our principal. */
export function recordedEvidence(connection: Connection, text: string | undefined, account: string): RecordedEvidence {
  if (text === undefined || text.trim() === '') return nothing
  const calls = readRecordedCalls(text)
  if (calls.length === 0)
    return { ...nothing, remarks: ['no CloudTrail event could be found in the text that was given'] }
  const ours = calls.filter((call) => isOfConnection(call, connection))
  const call = ours.findLast((one) => one.errorCode !== null) ?? ours.at(-1)
  if (call === undefined) {
    return { ...nothing, remarks: [`none of the ${calls.length} CloudTrail events is about this role or bucket`] }
  }
  const address = call.sourceAddress
  const remarks = [
    ...(address === null
      ? []
      : [`CloudTrail saw \`${call.operation}\` come from \`${address}\`${when(call)}${by(call)}`]),
    ...identityRemarks(call, connection, account),
  ]
  if (call.vpcEndpointId !== null) {
    const context = {
      'aws:SourceVpce': call.vpcEndpointId,
      ...(address === null ? {} : { 'aws:VpcSourceIp': address }),
    }
    return { sourceIp: null, context, remarks }
  }
  return { sourceIp: address, context: {}, remarks }
}

function isOfConnection(call: RecordedCall, connection: Connection): boolean {
  const { roleArn } = roleOf(connection)
  if (call.operation === 'sts:AssumeRole') {
    return call.roleArn === roleArn || call.errorMessage?.includes(roleArn) === true
  }
  return isS3(connection) && call.bucket === bucketOf(connection)
}

function when(call: RecordedCall): string {
  return call.eventTime === null ? '' : ` at ${call.eventTime.slice(0, 40)}`
}

function by(call: RecordedCall): string {
  return call.vpcEndpointId === null ? '' : `, by the VPC endpoint \`${call.vpcEndpointId}\``
}

/** CloudTrail leaves out the parameters of some refused calls: what is absent says nothing. */
function identityRemarks(call: RecordedCall, connection: Connection, account: string): string[] {
  if (call.operation !== 'sts:AssumeRole') return []
  const { externalId } = roleOf(connection)
  const isStranger = call.callerAccount !== null && call.callerAccount !== account
  const isOther = call.externalId !== null && call.externalId !== externalId
  return [
    ...(isStranger
      ? [
          `CloudTrail shows a caller of account \`${call.callerAccount}\`, and ours is \`${account}\`: it was not this connection`,
        ]
      : []),
    ...(isOther ? ['CloudTrail shows another External ID in the request than the connection has'] : []),
  ]
}
