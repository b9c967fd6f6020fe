/**
 * A refusal as AWS words it: code, status, sentence and the extra elements of the body. Services throw it anywhere, the
 * door catches it and renders it in the dialect of the service that was called. Nothing outside this room sees it.
 */

interface AwsErrorParts {
  /** The provider's code: `AccessDenied`. */
  readonly code: string
  readonly status: number
  readonly message: string
  /** Further elements of the body, such as `Region`. */
  readonly fields?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** One AWS-shaped refusal on its way to the caller. */
export class AwsError extends Error {
  readonly code: string
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(parts: AwsErrorParts) {
    super(parts.message)
    this.name = 'AwsError'
    this.code = parts.code
    this.status = parts.status
    this.fields = parts.fields ?? {}
    this.headers = parts.headers ?? {}
  }
}
