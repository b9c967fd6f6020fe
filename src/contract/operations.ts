/** The one table of operations: HTTP routes, CLI commands, the web client and the docs page follow from it. */
import { z } from 'zod'
import {
  authenticationOffer,
  connection,
  connectionChange,
  connectionDraft,
  connectionInput,
  name,
  setupKit,
  webIdentity,
} from './connection.ts'
import { delivery, deliveryFollowEvent, receiptBundle, route, routePolicy, uploadedFile } from './delivery.ts'
import { diagnosis } from './diagnosis.ts'
import { defineOperation } from './operation.ts'
import { policyOperations } from './policy-operations.ts'
import { scheduleOperations } from './schedule-operations.ts'
import { ticket } from './ticket.ts'
import { verificationEvent } from './verification.ts'
import { alertRecipient, alertRecord, historyEntry } from './watch.ts'
import { policyTexts, whatIf } from './what-if.ts'

const byName = z.object({ name })
/** A public key of the evidence. */
const evidenceKey = z.object({
  /** SHA-256 of the SPKI DER, hex. */
  keyId: z.string(),
  publicKeyPem: z.string(),
  /** ISO 8601, UTC; null: since the beginning. */
  from: z.string().nullable(),
  /** Null: it signs now. */
  until: z.string().nullable(),
})

const empty = z.object({})

export const operations = {
  'service.status': defineOperation({
    name: 'service.status',
    summary: 'Tells who is signed in, who this deployment is to AWS, and from where its calls come.',
    right: 'view',
    http: { method: 'GET', path: '/status' },
    cli: { words: ['status'], example: 'drawbridge status' },
    input: empty,
    output: z.object({
      version: z.string(),
      tenant: z.string(),
      signedIn: z.object({
        kind: z.string(),
        subject: z.string(),
        displayName: z.string().optional(),
        /** What the caller may do here. */
        rights: z.array(z.enum(['view', 'operate', 'connect'])),
      }),
      /** Our principal; null when no base identity is configured. */
      principal: z.string().nullable(),
      /** `dynamic` or a list of CIDRs. */
      egress: z.string(),
      /** The ways in which this deployment can be given access, and why one of them is not offered. */
      offers: z.array(authenticationOffer),
    }),
    errors: [],
  }),
  'connection.prepare': defineOperation({
    name: 'connection.prepare',
    summary: 'Reserves an External ID and shows it with our principal before anything is saved.',
    right: 'connect',
    http: { method: 'POST', path: '/connections/prepare' },
    input: empty,
    output: z.object({
      reservation: z.string(),
      /** Where `webIdentity` is present, part of its subject and of nothing else. */
      externalId: z.string(),
      /** Our principal; where we come with an ID token, its issuer. */
      principal: z.string(),
      egress: z.string(),
      webIdentity: webIdentity.optional(),
    }),
    errors: ['no-base-identity'],
  }),
  'connection.draft': defineOperation({
    name: 'connection.draft',
    summary: 'Shows the set-up kit of a connection before it is saved; a role needs its External ID reserved.',
    right: 'connect',
    http: { method: 'POST', path: '/connections/draft' },
    cli: {
      words: ['connection', 'draft'],
      example:
        'drawbridge connection draft acme --purpose export --uri s3://acme-audit --region eu-central-1 --bucket-owner 222222222222 --out kit/',
    },
    input: connectionDraft,
    output: setupKit,
    errors: ['already-exists', 'not-found', 'endpoint-refused', 'no-base-identity'],
  }),
  'connection.add': defineOperation({
    name: 'connection.add',
    summary: 'Adds a connection and makes its External ID.',
    right: 'connect',
    http: { method: 'POST', path: '/connections' },
    cli: {
      words: ['connection', 'add'],
      example:
        'drawbridge connection add acme --purpose export --uri s3://acme-audit --root-path reports/ --region eu-central-1 --bucket-owner 222222222222',
    },
    input: connectionInput,
    output: connection,
    errors: ['already-exists', 'not-found', 'sas-unusable', 'endpoint-refused', 'no-base-identity'],
  }),
  'connection.list': defineOperation({
    name: 'connection.list',
    summary: 'Lists the connections with the state of their chains.',
    right: 'view',
    http: { method: 'GET', path: '/connections' },
    cli: { words: ['connection', 'list'], example: 'drawbridge connection list' },
    input: empty,
    output: z.object({ connections: z.array(connection) }),
    errors: [],
  }),
  'connection.show': defineOperation({
    name: 'connection.show',
    summary: 'Shows one connection with its chain.',
    right: 'view',
    http: { method: 'GET', path: '/connections/{name}' },
    cli: { words: ['connection', 'show'], example: 'drawbridge connection show acme' },
    input: byName,
    output: connection,
    errors: ['not-found'],
  }),
  'connection.change': defineOperation({
    name: 'connection.change',
    summary:
      'Changes how we use a connection: role ARN, STS region, identity mapping, ACL, SAS token; never the External ID.',
    right: 'connect',
    http: { method: 'PATCH', path: '/connections/{name}' },
    cli: { words: ['connection', 'change'], example: 'drawbridge connection change acme --sts-region eu-central-1' },
    input: byName.extend(connectionChange.shape),
    output: connection,
    errors: ['not-found', 'sas-unusable'],
  }),
  'connection.kit': defineOperation({
    name: 'connection.kit',
    summary: "Writes the set-up kit: everything that the customer's administrator needs.",
    right: 'view',
    http: { method: 'GET', path: '/connections/{name}/kit' },
    cli: { words: ['connection', 'kit'], example: 'drawbridge connection kit acme --out kit/' },
    input: byName,
    output: setupKit,
    errors: ['not-found', 'no-base-identity'],
  }),
  'connection.verify': defineOperation({
    name: 'connection.verify',
    summary:
      'Tries the connection link by link, with the operations of the job itself, and says what each check found.',
    right: 'operate',
    http: { method: 'POST', path: '/connections/{name}/verify' },
    cli: { words: ['connection', 'verify'], example: 'drawbridge connection verify acme' },
    input: byName.extend({
      /** The customer agrees, for this time, that a write beside the root path is tried; absent: as the connection says. */
      outsideRoot: z.boolean().optional(),
      /** How long refusals of a connection that never worked are tried again, in seconds; absent: 30. */
      patienceSeconds: z.coerce.number().int().min(0).max(300).optional(),
    }),
    output: verificationEvent,
    stream: true,
    errors: ['not-found'],
  }),
  'connection.prove': defineOperation({
    name: 'connection.prove',
    summary: 'Sends one small report to the connection alone, under the keys and by the writer of the job.',
    right: 'operate',
    http: { method: 'POST', path: '/connections/{name}/prove' },
    cli: { words: ['connection', 'prove'], example: 'drawbridge connection prove acme sample.pdf' },
    input: byName.extend({
      /** An upload of at most 1 MiB that was made before, by its id. */
      upload: z.string(),
    }),
    output: delivery,
    errors: ['not-found', 'claim-missing', 'spool-full'],
  }),
  'connection.history': defineOperation({
    name: 'connection.history',
    summary: 'Lists the verifications of a connection, the newest first, with what turned between them.',
    right: 'view',
    http: { method: 'GET', path: '/connections/{name}/history' },
    cli: { words: ['connection', 'history'], example: 'drawbridge connection history acme' },
    input: byName.extend({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
    output: z.object({ entries: z.array(historyEntry) }),
    errors: ['not-found'],
  }),
  'connection.whatif': defineOperation({
    name: 'connection.whatif',
    summary: "Tells what a planned change of the customer's policies would break or open, before it is applied.",
    right: 'view',
    http: { method: 'POST', path: '/connections/{name}/whatif' },
    cli: { words: ['connection', 'whatif'], example: 'drawbridge connection whatif acme --trust trust-policy.json' },
    input: byName.extend({
      /** The policies as they would be; what is absent stays as it is. */
      planned: policyTexts,
      /** The policies as they are; what is absent is taken from the set-up kit. */
      before: policyTexts.default({}),
    }),
    output: whatIf,
    errors: ['not-found', 'claim-missing', 'no-base-identity'],
  }),
  'connection.remove': defineOperation({
    name: 'connection.remove',
    summary: 'Removes a connection that no route uses. Its External ID is never used again.',
    right: 'connect',
    http: { method: 'DELETE', path: '/connections/{name}' },
    cli: { words: ['connection', 'remove'], example: 'drawbridge connection remove acme' },
    input: byName,
    output: z.object({ removed: z.string(), toDelete: z.array(z.string()) }),
    errors: ['not-found', 'in-use'],
  }),
  'route.add': defineOperation({
    name: 'route.add',
    summary: 'Adds a route: an ordered list of target connections.',
    right: 'connect',
    http: { method: 'POST', path: '/routes' },
    cli: { words: ['route', 'add'], example: 'drawbridge route add audit --policy failover acme acme-azure' },
    input: z.object({ name, policy: routePolicy.default('failover'), targets: z.array(name).min(1) }),
    output: route,
    errors: ['already-exists', 'not-found'],
  }),
  'route.list': defineOperation({
    name: 'route.list',
    summary: 'Lists the routes.',
    right: 'view',
    http: { method: 'GET', path: '/routes' },
    cli: { words: ['route', 'list'], example: 'drawbridge route list' },
    input: empty,
    output: z.object({ routes: z.array(route) }),
    errors: [],
  }),
  'route.show': defineOperation({
    name: 'route.show',
    summary: 'Shows one route.',
    right: 'view',
    http: { method: 'GET', path: '/routes/{name}' },
    cli: { words: ['route', 'show'], example: 'drawbridge route show audit' },
    input: byName,
    output: route,
    errors: ['not-found'],
  }),
  'route.switch': defineOperation({
    name: 'route.switch',
    summary: 'Makes another target of the route its primary; deliveries accepted from now on follow.',
    right: 'connect',
    http: { method: 'POST', path: '/routes/{name}/switch' },
    cli: { words: ['route', 'switch'], example: 'drawbridge route switch audit acme-azure' },
    input: byName.extend({ primary: name }),
    output: route,
    errors: ['not-found'],
  }),
  'route.canary': defineOperation({
    name: 'route.canary',
    summary: 'Sends a small probe through the whole delivery to every target of a route, backups included.',
    right: 'operate',
    http: { method: 'POST', path: '/routes/{name}/canary' },
    cli: { words: ['route', 'canary'], example: 'drawbridge route canary audit' },
    input: byName,
    output: delivery,
    errors: ['not-found', 'claim-missing', 'spool-full'],
  }),
  'route.remove': defineOperation({
    name: 'route.remove',
    summary: 'Removes a route. Deliveries that were accepted on it go on.',
    right: 'connect',
    http: { method: 'DELETE', path: '/routes/{name}' },
    cli: { words: ['route', 'remove'], example: 'drawbridge route remove audit' },
    input: byName,
    output: route,
    errors: ['not-found', 'in-use'],
  }),
  ...scheduleOperations,
  'delivery.create': defineOperation({
    name: 'delivery.create',
    summary: 'Accepts a report for delivery on a route, in the name of whoever is signed in.',
    right: 'operate',
    http: { method: 'POST', path: '/deliveries' },
    cli: { words: ['deliver'], example: 'drawbridge deliver audit-2026-10.pdf --route audit' },
    input: z.object({
      route: name,
      /** The report's name; absent: the first file's. */
      report: z.string().min(1).max(200).optional(),
      /** The period that the report covers, part of its key: `2026-10`. Absent: the month of acceptance. */
      period: z
        .string()
        .regex(/^[\w.-]{1,40}$/)
        .optional(),
      /** The same key twice is the same delivery. Absent: every call is a delivery of its own. */
      idempotencyKey: z.string().min(1).max(200).optional(),
      /** Uploads made before, by their ids. */
      uploads: z.array(z.string()).min(1).max(1000),
    }),
    output: delivery,
    errors: ['not-found', 'claim-missing', 'report-unreadable', 'disk-full', 'spool-full'],
  }),
  'delivery.list': defineOperation({
    name: 'delivery.list',
    summary: 'Lists deliveries, the newest first.',
    right: 'view',
    http: { method: 'GET', path: '/deliveries' },
    cli: { words: ['delivery', 'list'], example: 'drawbridge delivery list' },
    input: z.object({ route: name.optional(), limit: z.coerce.number().int().min(1).max(500).default(50) }),
    output: z.object({ deliveries: z.array(delivery) }),
    errors: [],
  }),
  'delivery.show': defineOperation({
    name: 'delivery.show',
    summary: 'Shows one delivery: every target, its chain when refused, its receipts.',
    right: 'view',
    http: { method: 'GET', path: '/deliveries/{id}' },
    cli: { words: ['delivery', 'show'], example: 'drawbridge delivery show dlv_…' },
    input: z.object({ id: z.string() }),
    output: delivery,
    errors: ['not-found'],
  }),
  'delivery.retry': defineOperation({
    name: 'delivery.retry',
    summary: 'Tries the targets that a delivery is still owed to, now: after a repair, the backfill.',
    right: 'operate',
    http: { method: 'POST', path: '/deliveries/{id}/retry' },
    cli: { words: ['delivery', 'retry'], example: 'drawbridge delivery retry dlv_…' },
    input: z.object({ id: z.string() }),
    output: delivery,
    errors: ['not-found', 'ended'],
  }),
  'delivery.cancel': defineOperation({
    name: 'delivery.cancel',
    summary: 'Ends what of a delivery has not arrived: no further attempt, open uploads aborted. Receipts stay.',
    right: 'operate',
    http: { method: 'POST', path: '/deliveries/{id}/cancel' },
    cli: { words: ['delivery', 'cancel'], example: 'drawbridge delivery cancel dlv_…' },
    input: z.object({ id: z.string() }),
    output: delivery,
    errors: ['not-found', 'ended'],
  }),
  'delivery.follow': defineOperation({
    name: 'delivery.follow',
    summary: 'Follows a delivery until it has ended: bytes, rate and time left, and every change of its targets.',
    right: 'view',
    http: { method: 'GET', path: '/deliveries/{id}/events' },
    cli: { words: ['delivery', 'follow'], example: 'drawbridge delivery follow dlv_…' },
    input: z.object({ id: z.string() }),
    output: deliveryFollowEvent,
    stream: true,
    errors: ['not-found'],
  }),
  'receipt.show': defineOperation({
    name: 'receipt.show',
    summary: 'Hands over the evidence of one delivery to one target, file by file.',
    right: 'view',
    http: { method: 'GET', path: '/deliveries/{id}/receipts/{connection}' },
    cli: { words: ['receipt', 'show'], example: 'drawbridge receipt show dlv_… acme --out receipt/' },
    input: z.object({ id: z.string(), connection: name }),
    output: receiptBundle,
    errors: ['not-found'],
  }),
  'receipt.verify': defineOperation({
    name: 'receipt.verify',
    summary: 'Checks a delivered package offline, with the public keys of the set-up kit.',
    right: 'local',
    cli: { words: ['receipt', 'verify'], example: 'drawbridge receipt verify package/ --key evidence-key.pem' },
    input: z.object({ folder: z.string(), key: z.union([z.string(), z.array(z.string()).min(1)]) }),
    output: z.object({
      ok: z.boolean(),
      checks: z.array(z.object({ id: z.string(), ok: z.boolean(), detail: z.string() })),
    }),
    errors: ['report-unreadable'],
  }),
  'evidence.export': defineOperation({
    name: 'evidence.export',
    summary: 'Exports the evidence log: its entries as JSON lines and the newest signed checkpoint.',
    right: 'view',
    http: { method: 'GET', path: '/evidence' },
    cli: { words: ['evidence', 'export'], example: 'drawbridge evidence export --out evidence-log.jsonl' },
    input: empty,
    output: z.object({ entries: z.array(z.string()), checkpoint: z.string(), publicKeyPem: z.string() }),
    errors: [],
  }),
  'evidence.keys': defineOperation({
    name: 'evidence.keys',
    summary: 'Lists the public keys that check receipts, with the time in which each signed.',
    right: 'view',
    http: { method: 'GET', path: '/evidence/keys' },
    cli: { words: ['evidence', 'keys'], example: 'drawbridge evidence keys' },
    input: empty,
    output: z.object({ keys: z.array(evidenceKey) }),
    errors: [],
  }),
  'evidence.rotate': defineOperation({
    name: 'evidence.rotate',
    summary: 'Makes a new key sign the evidence; the old one vouches for it, and what it signed stays valid.',
    right: 'connect',
    http: { method: 'POST', path: '/evidence/keys' },
    cli: { words: ['evidence', 'rotate'], example: 'drawbridge evidence rotate' },
    input: empty,
    output: z.object({
      keys: z.array(evidenceKey),
      /** The checkpoint that both keys signed, over the entry that names the new one. */
      checkpoint: z.string(),
    }),
    errors: ['write-conflict'],
  }),
  'alert.list': defineOperation({
    name: 'alert.list',
    summary: 'Tells who is told when a connection turns, and what became of every alert, the newest first.',
    right: 'view',
    http: { method: 'GET', path: '/alerts' },
    cli: { words: ['alert', 'list'], example: 'drawbridge alert list' },
    input: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
    output: z.object({ recipients: z.array(alertRecipient), alerts: z.array(alertRecord) }),
    errors: [],
  }),
  'ticket.create': defineOperation({
    name: 'ticket.create',
    summary: 'Writes a repair ticket: one HTML file, to be opened offline, for the administrator who can repair.',
    right: 'operate',
    http: { method: 'POST', path: '/tickets' },
    cli: { words: ['ticket', 'create'], example: 'drawbridge ticket create acme --out ticket.html' },
    input: z.object({
      connection: name,
      /** The delivery whose refusal it is about. Absent: the last verification, or the connection tried now. */
      delivery: z.string().optional(),
      /** The customer's policies, as far as they are at hand: gives the administrator's view. */
      policies: policyTexts.optional(),
    }),
    output: z.object({ ticket, html: z.string() }),
    errors: ['not-found', 'claim-missing', 'no-base-identity', 'configuration-invalid'],
  }),
  'ticket.list': defineOperation({
    name: 'ticket.list',
    summary: 'Lists the repair tickets, the newest first; a green verification closes them.',
    right: 'view',
    http: { method: 'GET', path: '/tickets' },
    cli: { words: ['ticket', 'list'], example: 'drawbridge ticket list' },
    input: empty,
    output: z.object({ tickets: z.array(ticket) }),
    errors: [],
  }),
  'ticket.show': defineOperation({
    name: 'ticket.show',
    summary: 'Shows one repair ticket: what it says, whether it is closed, and its file once more.',
    right: 'view',
    http: { method: 'GET', path: '/tickets/{id}' },
    cli: { words: ['ticket', 'show'], example: 'drawbridge ticket show tck_… --out ticket.html' },
    input: z.object({ id: z.string().max(100) }),
    output: z.object({ ticket, diagnosis, html: z.string() }),
    errors: ['not-found', 'configuration-invalid'],
  }),
  'diagnosis.explain': defineOperation({
    name: 'diagnosis.explain',
    summary: 'Explains a refusal: from an error text, from a connection tried live, or from the policies themselves.',
    right: 'operate',
    http: { method: 'POST', path: '/diagnoses' },
    cli: { words: ['diagnose'], example: 'drawbridge diagnose --connection acme' },
    input: z.object({
      /** An error as it was seen: a log line, a ticket, XML, JSON. */
      text: z.string().max(200_000).optional(),
      /** How the other targets of the same route fare; with a text alone. */
      otherTargets: z
        .array(z.object({ service: z.enum(['s3', 'azblob']), ok: z.boolean() }))
        .max(20)
        .optional(),
      /** A connection, tried live with what we may do. */
      connection: name.optional(),
      /** The customer's policies as text, by name; gives the administrator's view. */
      policies: z
        .object({
          trust: z.string().optional(),
          permissions: z.array(z.string()).optional(),
          boundary: z.string().optional(),
          bucket: z.string().optional(),
          key: z.string().optional(),
          /** Key of the bucket's default encryption; null: it has none of the customer's. */
          bucketKeyArn: z.string().nullable().optional(),
          objectOwnership: z
            .enum(['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'])
            .nullable()
            .optional(),
          /** False: IAM says that there is no such role. */
          roleExists: z.boolean().optional(),
          /** `missing`: nobody has such a bucket; `elsewhere`: the account that was asked does not have it. */
          bucketPlace: z.enum(['missing', 'elsewhere']).optional(),
          /** RestrictPublicBuckets of the bucket's Block Public Access. */
          restrictPublicBuckets: z.boolean().optional(),
          usesBucketKeys: z.boolean().optional(),
          /** As KMS calls it: `Enabled`, `Disabled`, `PendingDeletion` … */
          keyState: z.string().max(40).optional(),
          /** Service control policies of the role's account, levels from the root down. */
          scp: z
            .array(z.array(z.string().max(200_000)).max(20))
            .max(10)
            .optional(),
          /** Resource control policies of the bucket's account, levels from the root down. */
          rcp: z
            .array(z.array(z.string().max(200_000)).max(20))
            .max(10)
            .optional(),
          /** CloudTrail events of refused calls, as JSON with whatever words around. */
          events: z.string().max(1_000_000).optional(),
          /** What could not be read, one line each. */
          notSeen: z.array(z.string()).optional(),
        })
        .optional(),
    }),
    output: diagnosis,
    errors: ['not-found', 'input-invalid'],
  }),
  ...policyOperations,
} as const

/** The name of an operation. */
export type OperationName = keyof typeof operations
export type OperationInput<Name extends OperationName> = z.input<(typeof operations)[Name]['input']>
export type OperationOutput<Name extends OperationName> = z.output<(typeof operations)[Name]['output']>

/** The bytes of a report's file come before `delivery.create`, as the raw body of this one route. */
export const uploadRoute = {
  method: 'POST',
  path: '/uploads',
  query: { name: 'the file name' },
  output: uploadedFile,
} as const
