/** The operations on connections, as rows of the one table: from the reserved External ID to the removal. */
import { z } from 'zod'
import {
  connection,
  connectionChange,
  connectionDraft,
  connectionInput,
  name,
  setupKit,
  webIdentity,
} from './connection.ts'
import { delivery } from './delivery.ts'
import { defineOperation } from './operation.ts'
import { verificationEvent } from './verification.ts'
import { historyEntry } from './watch.ts'
import { policyTexts, whatIf } from './what-if.ts'

const byName = z.object({ name })
const empty = z.object({})

export const connectionOperations = {
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
} as const
