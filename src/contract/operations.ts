/**
 * The one table of operations: HTTP routes, CLI commands, the web client and the docs page follow from it. Its rows stand in
 * one file for each kind of thing.
 */
import { z } from 'zod'
import { authenticationOffer } from './connection.ts'
import { connectionOperations } from './connection-operations.ts'
import { uploadedFile } from './delivery.ts'
import { deliveryOperations } from './delivery-operations.ts'
import { evidenceOperations } from './evidence-operations.ts'
import { defineOperation } from './operation.ts'
import { policyOperations } from './policy-operations.ts'
import { repairOperations } from './repair-operations.ts'
import { routeOperations } from './route-operations.ts'
import { scheduleOperations } from './schedule-operations.ts'
import { targetOperations } from './target-operations.ts'

export const operations = {
  'service.status': defineOperation({
    name: 'service.status',
    summary: 'Tells who is signed in, who this deployment is to AWS, and from where its calls come.',
    right: 'view',
    http: { method: 'GET', path: '/status' },
    cli: { words: ['status'], example: 'drawbridge status' },
    input: z.object({}),
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
  ...connectionOperations,
  ...routeOperations,
  ...targetOperations,
  ...scheduleOperations,
  ...deliveryOperations,
  ...evidenceOperations,
  ...repairOperations,
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
