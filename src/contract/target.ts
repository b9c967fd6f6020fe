/** How the targets of all routes fare, what waits for each, and how full the spool is. */
import { z } from 'zod'
import { name } from './connection.ts'
import { deliveryState, targetHealth } from './delivery.ts'

/** A target with what leads to it, and what was found out about it last. */
export const target = targetHealth.extend({
  /** Of which it is a target. */
  routes: z.array(name),
  /** What the newest canary found here; absent: none was ever sent. */
  canary: z
    .object({
      delivery: z.string(),
      at: z.iso.datetime(),
      /** As a target of a delivery has it: `delivered`, `cancelled` … */
      state: z.string(),
      reason: z.string().optional(),
    })
    .optional(),
})
export type Target = z.infer<typeof target>

/** A delivery that a target is still to get. */
export const waitingDelivery = z.object({
  id: z.string(),
  report: z.string(),
  period: z.string(),
  route: name,
  state: deliveryState,
  sizeBytes: z.number().int(),
  acceptedAt: z.iso.datetime(),
})
export type WaitingDelivery = z.infer<typeof waitingDelivery>

/** A target with what waits for it: at most fifty deliveries, in the order in which they follow. */
export const targetDetail = target.extend({ waiting: z.array(waitingDelivery) })
export type TargetDetail = z.infer<typeof targetDetail>

/** What the spool holds, and from where on new reports are pushed back. */
export const spoolRoom = z.object({
  /** On disk now, whichever process put it there; with a quota that processes share, as of a second ago at most. */
  usedBytes: z.number().int(),
  /** Null: as much as the disk holds. */
  quotaBytes: z.number().int().nullable(),
  /** What is pushed back may come again after so many seconds. */
  retryAfterSeconds: z.number().int(),
  routes: z.array(
    z.object({
      route: name,
      /** Of accepted reports that no target has yet. */
      heldBytes: z.number().int(),
      /** Whether every target of the route is down. */
      isDown: z.boolean(),
      /** The most that its reports may hold while that is so; null: nothing but the quota. */
      limitBytes: z.number().int().nullable(),
      /** The largest report that would be accepted now; null: nothing but the disk limits it. */
      roomBytes: z.number().int().nullable(),
    }),
  ),
})
export type SpoolRoom = z.infer<typeof spoolRoom>
