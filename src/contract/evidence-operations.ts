/** The operations on the evidence log and its keys, as rows of the one table. */
import { z } from 'zod'
import { defineOperation } from './operation.ts'

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

export const evidenceOperations = {
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
} as const
