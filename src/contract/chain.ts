/** The access chain: the links from a signed-in person to the object, in order, each with its state. */
import { z } from 'zod'

/** The links of a chain to S3 by role, by access key, and to Azure Blob by SAS token, in the order of the journey. */
export const linkId = z.enum([
  'person',
  'base-identity',
  'assume-role',
  'session',
  'permissions',
  'bucket-policy',
  'kms-key',
  'object',
  'access-key',
  'sas-token',
  'container',
])
export type LinkId = z.infer<typeof linkId>

/** `pass` is green, `fail` red, `unknown` grey, `skipped` hollow. Unknown and skipped never count as pass. */
export const checkStatus = z.enum(['pass', 'fail', 'unknown', 'skipped'])
export type CheckStatus = z.infer<typeof checkStatus>

export const chainLink = z.object({
  id: linkId,
  status: checkStatus,
  /** The link's name for people: `AssumeRole (trust policy)`. */
  title: z.string(),
  /** What stands there: an ARN, a tag list, a key; or why it is red. One line. */
  detail: z.string(),
})
export type ChainLink = z.infer<typeof chainLink>

export const chain = z.object({ service: z.enum(['s3', 'azblob']), links: z.array(chainLink) })
export type Chain = z.infer<typeof chain>
