/** The operations that lead from a refusal to its repair, as rows of the one table: alerts, tickets, diagnosis. */
import { z } from 'zod'
import { name } from './connection.ts'
import { diagnosis } from './diagnosis.ts'
import { defineOperation } from './operation.ts'
import { ticket } from './ticket.ts'
import { alertRecipient, alertRecord } from './watch.ts'
import { policyTexts } from './what-if.ts'

export const repairOperations = {
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
    input: z.object({}),
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
          /** The OpenID Connect providers of the role's account, with the audiences that they list. */
          identityProviders: z
            .array(z.object({ arn: z.string().max(2048), audiences: z.array(z.string().max(255)).max(100) }))
            .max(700)
            .optional(),
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
} as const
