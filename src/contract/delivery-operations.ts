/** The operations on deliveries and their receipts, as rows of the one table. */
import { z } from 'zod'
import { name } from './connection.ts'
import { delivery, deliveryFollowEvent, receiptBundle } from './delivery.ts'
import { defineOperation } from './operation.ts'

const byId = z.object({ id: z.string() })

export const deliveryOperations = {
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
      uploads: z.array(z.string()).max(1000).optional(),
      /** Small files that come along, behind the uploads; a request carries 1 MiB. */
      files: z
        .array(z.object({ name: z.string().min(1).max(1000), base64: z.base64() }))
        .max(100)
        .optional(),
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
    input: byId,
    output: delivery,
    errors: ['not-found'],
  }),
  'delivery.retry': defineOperation({
    name: 'delivery.retry',
    summary: 'Tries the targets that a delivery is still owed to, now: after a repair, the backfill.',
    right: 'operate',
    http: { method: 'POST', path: '/deliveries/{id}/retry' },
    cli: { words: ['delivery', 'retry'], example: 'drawbridge delivery retry dlv_…' },
    input: byId,
    output: delivery,
    errors: ['not-found', 'ended'],
  }),
  'delivery.cancel': defineOperation({
    name: 'delivery.cancel',
    summary: 'Ends what of a delivery has not arrived: no further attempt, open uploads aborted. Receipts stay.',
    right: 'operate',
    http: { method: 'POST', path: '/deliveries/{id}/cancel' },
    cli: { words: ['delivery', 'cancel'], example: 'drawbridge delivery cancel dlv_…' },
    input: byId,
    output: delivery,
    errors: ['not-found', 'ended'],
  }),
  'delivery.follow': defineOperation({
    name: 'delivery.follow',
    summary: 'Follows a delivery until it has ended: bytes, rate and time left, and every change of its targets.',
    right: 'view',
    http: { method: 'GET', path: '/deliveries/{id}/events' },
    cli: { words: ['delivery', 'follow'], example: 'drawbridge delivery follow dlv_…' },
    input: byId,
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
    input: byId.extend({ connection: name }),
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
} as const
