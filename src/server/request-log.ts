/** The request log: one line per request, without query, body or header, so that nothing secret can stand in it. */

/** What is told of one request. */
export interface RequestLine {
  readonly time: string
  readonly method: string
  /** The path without its query, bounded, with control characters replaced. */
  readonly path: string
  readonly status: number
  readonly durationMs: number
  /** `person`, `operator`, or `nobody`. */
  readonly caller: string
}

/** Where the server's lines go. */
export interface ServerLog {
  request(line: RequestLine): void
  /** A fault of our own, with all its details. */
  fault(error: unknown): void
}

/** Keeps nothing. */
export const silentLog: ServerLog = { request: () => {}, fault: () => {} }

/** Makes a path fit for one line of a log. */
export function loggablePath(path: string): string {
  return path.slice(0, 300).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

const secretForms: readonly RegExp[] = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\b(?:sig|X-Amz-Signature|X-Amz-Security-Token|X-Amz-Credential)=[^&\s"']{1,4000}/gi,
  // Keys and passwords beside their names, as in configuration files and form bodies.
  /\b(?:aws_secret_access_key|secret_?access_?key|client_?secret|password|SAMLResponse)\\{0,3}["']?\s{0,3}[=:]\s{0,3}\\{0,3}["']?[^\s"'&,}\\]{1,8000}/gi,
  /(?<=:\/\/)[^\s/:@]{1,200}:[^\s/@]{1,200}(?=@)/g,
  /\bBearer [\w.~+/-]{16,4000}=*/g,
  /\bdbo_[0-9a-z_]{20,80}/g,
  /\beyJ[\w-]{10,4000}\.[\w-]{10,4000}\.[\w-]{0,4000}/g,
  /-----BEGIN [A-Z ]{1,40}-----[\s\S]{1,8000}?-----END/g,
]

/** The last stage before a text leaves for a log: replaces everything that has the form of a credential. */
export function scrub(text: string): string {
  let scrubbed = text.slice(0, 20_000)
  for (const form of secretForms) scrubbed = scrubbed.replace(form, '[redacted]')
  return scrubbed
}
