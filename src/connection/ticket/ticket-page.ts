/**
 * What goes into a repair ticket's page: the diagnosis, the facts that an administrator compares, and the calls that pasted
 * policies are evaluated with. Pure data; how it looks is `web/ticket/`.
 */
import type { Connection, Diagnosis, PastedPolicy, Ticket, TicketPage } from '../../contract/index.ts'
import {
  type ApiCall,
  type OwnSettings,
  type SetupModel,
  writeSessionPolicy,
  writeSetupPolicies,
} from '../../iam/index.ts'
import { type ConnectionContext, describeEgress } from '../context.ts'
import { assumeRoleCall, type CallSurroundings, forbiddenCalls, jobCalls } from '../diagnose/api-calls.ts'
import { ownSettings } from '../diagnose/repairs.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { bucketOf, isS3, setupModelOf } from '../model/setup-model.ts'
import { callerOf } from '../open/session-need.ts'
import { sourceAddressOf } from '../watch/source-address.ts'

/** The page of a ticket for a connection to storage of AWS, Azure or elsewhere. */
export type RepairTicketPage = TicketPage<ApiCall, OwnSettings>

/** Gathers what the page shows. Holds no secret. @throws no-base-identity — a role's connection without our principal */
export async function ticketPageOf(
  ticket: Ticket,
  connection: Connection,
  identity: SessionIdentity,
  diagnosis: Diagnosis,
  context: ConnectionContext,
): Promise<RepairTicketPage> {
  const shared = { id: ticket.id, createdAt: ticket.createdAt, connection: connection.name, diagnosis }
  if (!isS3(connection) || connection.authentication.kind !== 'role') {
    return { ...shared, facts: placeFacts(connection), target: null, trial: null }
  }
  const { callerArn, principalArn } = await callerOf(connection, context)
  const { roleArn, externalId, webIdentity } = connection.authentication
  const { encryption } = connection.writing
  const model = setupModelOf(connection, principalArn)
  const around: CallSurroundings = { callerArn, principalArn, sourceIp: sourceAddressOf(context), bucketKeyArn: null }
  const tags = Object.entries(identity.tags).map(([key, value]) => `${key}=${value}`)
  return {
    ...shared,
    facts: [
      { name: 'our principal', value: principalArn },
      ...(webIdentity === undefined
        ? [{ name: 'External ID', value: externalId ?? 'none' }]
        : [
            { name: 'token audience', value: webIdentity.audience },
            { name: 'token subject', value: webIdentity.subject },
          ]),
      { name: 'role', value: roleArn },
      { name: 'source identity', value: identity.sourceIdentity },
      { name: 'session tags', value: tags.length === 0 ? 'none' : tags.join(', ') },
      { name: 'our addresses', value: describeEgress(context.egress) },
      ...placeFacts(connection),
      ...(encryption.kind === 'sse-kms' ? [{ name: 'KMS key', value: encryption.keyArn }] : []),
    ],
    target: {
      roleName: roleArn.split('/').at(-1) ?? '',
      policyName: `drawbridge-${connection.name}`,
      bucket: bucketOf(connection),
      region: connection.location.region,
      keyArn: encryption.kind === 'sse-kms' ? encryption.keyArn : null,
      kit: kitPolicies(model),
    },
    trial: {
      calls: [assumeRoleCall(connection, identity, around), ...jobCalls(connection, identity, around)],
      forbidden: forbiddenCalls(connection, identity, around),
      own: ownSettings(connection, {}, context, new Map()),
      sessionPolicy: writeSessionPolicy(model),
    },
  }
}

/** A key policy holds statements of others too, so it is not offered for putting back; the bucket's likewise. */
function kitPolicies(model: SetupModel): { policy: PastedPolicy; document: unknown }[] {
  const { trust, permissions } = writeSetupPolicies(model)
  return [
    { policy: 'trust', document: trust },
    { policy: 'permissions', document: permissions },
  ]
}

function placeFacts({ location, purpose }: Connection): { name: string; value: string }[] {
  const where =
    location.service === 's3'
      ? [
          { name: 'bucket', value: location.uri },
          { name: 'region', value: location.region },
          { name: 'bucket owner', value: location.bucketOwner },
        ]
      : location.service === 'azblob'
        ? [{ name: 'container', value: location.containerUrl }]
        : [{ name: 'folder', value: location.directory }]
  return [
    ...where,
    { name: 'root path', value: location.rootPath || '(the whole)' },
    { name: 'purpose', value: purpose },
  ]
}
