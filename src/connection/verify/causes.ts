/** From a red check to the class of what is wrong and the words that repair it: by its error, else by the check itself. */
import type { DrawbridgeError } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import { grantRowOf } from '../diagnose/diagnose-grant.ts'
import { circumstancesOf, matchError } from '../diagnose/error-link.ts'
import { rankedFor } from '../diagnose/likelihood.ts'
import { ownIdentityCauses } from '../diagnose/own-identity.ts'
import type { CheckId } from './checks.ts'

/** What is most probably wrong, and what to do about it. */
export interface CheckCause {
  /** The class of the cause, as a diagnosis names it. */
  readonly cause: string
  /** One sentence in the imperative. */
  readonly repair: string
}

/** The cause of a red check; empty where neither its error nor the check tells one. */
export function causeOfCheck(
  connection: Connection,
  id: CheckId,
  error: DrawbridgeError | undefined,
): Partial<CheckCause> {
  if (error === undefined) {
    const row = grantRowOf(connection, id)
    return row === null ? {} : { cause: row.id, repair: row.repair }
  }
  const [own] = ownIdentityCauses(error)
  if (own !== undefined) return { cause: own.id, repair: error.help }
  const { matches } = matchError(error, circumstancesOf(connection, error))
  const [first] = rankedFor(connection, matches)
  const repair = first?.symptom.repairs[0]?.summary
  return first === undefined || repair === undefined ? {} : { cause: first.symptom.id, repair }
}
