/**
 * The public keys of identity providers. AWS fetches them from the issuer; the sandbox does so on loopback alone, and for
 * any other issuer it has to be told them. Nothing is kept of what was fetched: a changed key counts at once.
 */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { AwsError } from '../http/aws-error.ts'

/** One key of a JSON Web Key Set. */
export interface IssuerKey {
  /** `kid`; null when the set gives none. */
  readonly id: string | null
  readonly key: KeyObject
}

const loopbackNames: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])
const mostBytes = 256 * 1024
const answerMs = 5_000

/** Finds the keys of an issuer. */
export class IssuerKeys {
  /** Null: what the issuer serves has no keys. */
  readonly #told = new Map<string, readonly IssuerKey[] | null>()

  /** Tells the keys of an issuer, as a JSON Web Key Set; null: there are none at its address. @throws TypeError when it is no set */
  tell(issuer: string, keySet: unknown): void {
    const keys = keySet === null ? null : readKeySet(keySet)
    if (keySet !== null && keys === null) throw new TypeError('that is not a JSON Web Key Set of public keys')
    this.#told.set(issuer.replace(/\/+$/, ''), keys)
  }

  /** Returns the keys of an issuer. @throws AwsError when it can not be reached or offers none */
  async of(issuer: string): Promise<readonly IssuerKey[]> {
    const told = this.#told.get(issuer)
    if (told === null) throw noKeys()
    if (told !== undefined) return told
    if (!loopbackNames.has(new URL(issuer).hostname)) throw noAnswer()
    const configuration = await fetchJson(`${issuer}/.well-known/openid-configuration`)
    const address = member(configuration, 'jwks_uri')
    const isOfIssuer = member(configuration, 'issuer') === issuer
    if (!isOfIssuer || typeof address !== 'string' || !URL.canParse(address)) throw noKeys()
    if (!loopbackNames.has(new URL(address).hostname)) throw noKeys()
    const keys = readKeySet(await fetchJson(address))
    if (keys === null) throw noKeys()
    return keys
  }
}

async function fetchJson(address: string): Promise<unknown> {
  let text = ''
  try {
    const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(answerMs) })
    if (!response.ok || response.body === null) throw noKeys()
    const decoder = new TextDecoder()
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length > mostBytes) throw noKeys()
    }
  } catch (cause) {
    throw cause instanceof AwsError ? cause : noAnswer()
  }
  try {
    return JSON.parse(text)
  } catch {
    throw noKeys()
  }
}

/** Reads a key set; null when it is none. A private key in it is a public one here. */
function readKeySet(value: unknown): readonly IssuerKey[] | null {
  const keys = member(value, 'keys')
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > 100) return null
  const read: IssuerKey[] = []
  for (const entry of keys as readonly unknown[]) {
    const kind = member(entry, 'kty')
    // Keys of other kinds may stand beside those that sign.
    if (kind !== 'RSA' && kind !== 'EC') continue
    const id = member(entry, 'kid')
    try {
      const key = createPublicKey({ key: entry as JsonWebKey, format: 'jwk' })
      read.push({ id: typeof id === 'string' ? id : null, key })
    } catch {
      return null
    }
  }
  return read.length === 0 ? null : read
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function noAnswer(): AwsError {
  return new AwsError({
    code: 'IDPCommunicationError',
    status: 400,
    message:
      'The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming identity token could not be reached.',
  })
}

function noKeys(): AwsError {
  return new AwsError({
    code: 'InvalidIdentityToken',
    status: 400,
    message:
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  })
}
