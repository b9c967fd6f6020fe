/** DSSE envelopes with one Ed25519 signature: what exactly is signed, and the envelope as a file. */

import { fromBase64, toBase64 } from './base64.ts'
import { canonicalJson, parseCanonicalJson } from './canonical-json.ts'
import { isObject } from './log-entry.ts'

export const statementType = 'application/vnd.in-toto+json'

/** An envelope that was taken apart. Nothing is verified yet. */
export interface Envelope {
  readonly payload: Uint8Array
  readonly keyId: string
  readonly signature: Uint8Array
}

/**
 * Makes the bytes that are signed (pre-authentication encoding): type and payload with their lengths in bytes.
 *
 * @see https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */
export function preAuthenticationEncoding(type: string, payload: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from(encodingHead(type, payload.length)), payload]))
}

/** What stands in them before a payload of so many bytes. */
export function encodingHead(type: string, payloadBytes: number): string {
  return `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payloadBytes} `
}

/** Writes an envelope as a file: canonical JSON and a newline. */
export function writeEnvelope({ payload, keyId, signature }: Envelope): string {
  const signatures = `[{"keyid":${canonicalJson(keyId)},"sig":"${toBase64(signature)}"}]`
  return `{"payload":"${toBase64(payload)}","payloadType":"${statementType}","signatures":${signatures}}\n`
}

/** Reads an envelope; null for everything that `writeEnvelope` would not have written. */
export function parseEnvelope(text: string): Envelope | null {
  const parsed = parseCanonicalJson(text.slice(0, -1))
  if (!parsed.ok || !isObject(parsed.value) || !Array.isArray(parsed.value['signatures'])) return null
  const [signature] = parsed.value['signatures']
  if (!isObject(signature)) return null
  const envelope = {
    payload: base64Member(parsed.value['payload']),
    keyId: signature['keyid'],
    signature: base64Member(signature['sig']),
  }
  if (envelope.payload === null || typeof envelope.keyId !== 'string' || envelope.signature === null) return null
  const read = { payload: envelope.payload, keyId: envelope.keyId, signature: envelope.signature }
  return writeEnvelope(read) === text ? read : null
}

function base64Member(value: unknown): Uint8Array | null {
  return typeof value === 'string' ? fromBase64(value) : null
}
