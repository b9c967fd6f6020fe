/** The repair ticket: a diagnosis handed over to the person who can repair, who works elsewhere and has no account with us. */
import { z } from 'zod'
import { linkId } from './chain.ts'
import { name } from './connection.ts'
import type { Diagnosis, PolicyName } from './diagnosis.ts'

export const ticket = z.object({
  id: z.string(),
  connection: name,
  createdAt: z.iso.datetime(),
  /** When a verification of the connection was green again; null while the repair is outstanding. */
  closedAt: z.iso.datetime().nullable(),
  /** One sentence: what is wrong. */
  summary: z.string(),
  /** The link that refuses; null when it is not known. */
  link: linkId.nullable(),
  /** The first cause's symptom class; null when nothing fits. */
  cause: z.string().nullable(),
})
export type Ticket = z.infer<typeof ticket>

/**
 * What a ticket's page is made of. It is read by whoever holds the file, so no secret is in it. `Call` and `Own` are the
 * policy language's own forms of a call and of our settings, which this room does not know.
 */
export interface TicketPage<Call, Own> {
  readonly id: string
  readonly createdAt: string
  readonly connection: string
  /** What the administrator may want to compare, in order: our principal, the External ID, the bucket … */
  readonly facts: readonly { readonly name: string; readonly value: string }[]
  readonly diagnosis: Diagnosis
  /** What the commands of a repair need; null where the connection is not reached through a role. */
  readonly target: {
    readonly roleName: string
    /** The inline policy that the set-up kit makes. */
    readonly policyName: string
    readonly bucket: string
    readonly region: string
    readonly keyArn: string | null
    /** The policies as the set-up kit asks for them, for whoever would rather put them back than edit. */
    readonly kit: readonly { readonly policy: PastedPolicy; readonly document: unknown }[]
  } | null
  /** What pasted policies are evaluated with; null where there is nothing to evaluate. */
  readonly trial: {
    /** AssumeRole first, then what the job does. */
    readonly calls: readonly Call[]
    /** What must stay refused. */
    readonly forbidden: readonly Call[]
    readonly own: Own
    /** The session policy that we send, as JSON. */
    readonly sessionPolicy: unknown
  } | null
}

/** The policies that an administrator can paste into a ticket. */
export type PastedPolicy = Extract<PolicyName, 'trust' | 'permissions' | 'boundary' | 'bucket' | 'key'>
