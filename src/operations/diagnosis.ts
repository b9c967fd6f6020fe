/** Explaining a refusal: from a text, from a live connection, or from the customer's policies. */
import { DrawbridgeError } from '../base/index.ts'
import {
  diagnoseLive,
  diagnosePolicies,
  diagnoseText,
  requireIdentity,
  type SignedInPerson,
} from '../connection/index.ts'
import type { Diagnosis, OperationInput } from '../contract/index.ts'
import type { Caller } from './caller.ts'
import { findConnection } from './connection.ts'
import type { House } from './house.ts'
import { otherTargetsOf } from './other-targets.ts'
import { personInQuestion, personToTry } from './person.ts'

/** The input of `diagnosis.explain`. */
export type ExplainInput = OperationInput<'diagnosis.explain'>

/**
 * Explains an error by its text alone: needs no connection, no service and no network.
 * @throws input-invalid when the text is blank
 */
export function explainText(text: string, otherTargets: ExplainInput['otherTargets'] = []): Diagnosis {
  if (text.trim() === '') throw nothingToExplain()
  return diagnoseText(text, { otherTargets })
}

/**
 * Explains a refusal with the best evidence there is: policies over a live try, a live try over a text.
 * @throws not-found | claim-missing | input-invalid
 */
export async function explain(house: House, caller: Caller, input: ExplainInput): Promise<Diagnosis> {
  const { text, connection: name, policies } = input
  if (name === undefined) {
    if (policies !== undefined) {
      throw new DrawbridgeError({
        code: 'input-invalid',
        message: 'policies alone do not say which request they are about',
        help: 'name the connection too',
      })
    }
    return explainText(text ?? '', input.otherTargets)
  }
  const connection = await findConnection(house, name)
  if (policies !== undefined) {
    const person = await personInQuestion(house, caller, connection)
    const identity = requireIdentity(connection.identityMapping, person)
    return diagnosePolicies(connection, identity, policies, house.context, availableTags(person))
  }
  const secret = await house.connections.secretOf(house.tenant, name)
  const identity = requireIdentity(connection.identityMapping, await personToTry(house, caller, connection))
  const otherTargets = await otherTargetsOf(name, house.tenant, { ...house, now: house.clock.now() })
  return diagnoseLive(connection, secret, identity, house.context, undefined, { otherTargets })
}

/** Claims of one value, by name: what an identity mapping could turn into session tags. */
function availableTags(person: SignedInPerson): Record<string, string> {
  const tags: Record<string, string> = {}
  for (const [claim, value] of Object.entries(person.claims)) {
    const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
    if (typeof only === 'string') tags[claim] = only
  }
  return tags
}

function nothingToExplain(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'input-invalid',
    message: 'there is nothing to explain',
    help: 'give an error text, a connection, or a connection with its policies',
  })
}
