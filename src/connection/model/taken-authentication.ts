/** What the intake makes of an authentication: the part that may be shown, the secret, and what to warn of. */
import type { Authentication } from '../../contract/index.ts'
import type { ConnectionSecret } from '../repository.ts'

/** One authentication, taken in. */
export interface TakenAuthentication {
  readonly authentication: Authentication
  readonly secret: ConnectionSecret
  readonly warnings: readonly string[]
}
