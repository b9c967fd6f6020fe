/**
 * Negative checks for a role that an ID token opens: a genuine token for another audience and one of another subject must be
 * refused, while the right one is accepted just before and just after. They stand where an External ID's would. A token that
 * was altered, or that ended, would be refused by STS itself and say nothing about the role: no such token is tried.
 */
import { DrawbridgeError } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import type { Strangers, TokenIdentity } from '../../credentials/index.ts'
import type { ConnectionContext } from '../context.ts'
import { newExternalId } from '../model/external-id.ts'
import { roleOf, tokensOf } from '../open/session-need.ts'
import type { Outcome, Recorder } from './recorder.ts'
import { type Entry, judge, type Negative, negative } from './role-checks.ts'

/** Why a check is not made: it takes a genuine token, and only its issuer can make one. */
function notToBeHad(what: string): Outcome {
  const detail = `the ID token comes from a platform, and none ${what} can be had: name one in \`webIdentity.otherTokenFiles\`, or compare the trust policy with that of the set-up kit`
  return { status: 'skipped', detail }
}

/** Tries AssumeRoleWithWebIdentity with other tokens. A session that was won is dropped unused. */
export async function checkToken(
  entry: Entry,
  connection: Connection,
  context: ConnectionContext,
  recorder: Recorder,
): Promise<void> {
  const { webIdentity } = roleOf(connection)
  if (webIdentity === undefined) throw new TypeError('the role is not opened by an ID token')
  const { tokens: _, ...own } = webIdentity
  const strangers = await strangersOf(own, context, recorder)
  if (strangers === null) return
  const attempt = (stranger: TokenIdentity | null): Promise<Negative> | null =>
    stranger === null
      ? null
      : negative(() => entry.assume({ webIdentity: { ...stranger, connection: connection.name } }))
  const [audience, subject] = await Promise.all([attempt(strangers.audience), attempt(strangers.subject)])
  let confirmed = false
  if (audience?.kind === 'refused' || subject?.kind === 'refused') {
    confirmed = (await negative(() => entry.assume({}))).kind === 'accepted'
  }
  recorder.settle(
    'token-audience-compared',
    audience === null
      ? notToBeHad('for another audience')
      : judge(audience, 'with a token for another audience', confirmed),
  )
  const ofWhom = tokensOf(context).kind === 'issuer' ? 'of another connection’s subject' : 'of another subject'
  recorder.settle(
    'token-subject-compared',
    subject === null ? notToBeHad('of another subject') : judge(subject, `with a token ${ofWhom}`, confirmed),
  )
}

/** Null where a token that is there for this can not be used: then both checks are open. */
async function strangersOf(
  own: TokenIdentity,
  context: ConnectionContext,
  recorder: Recorder,
): Promise<Strangers | null> {
  try {
    return await tokensOf(context).strangers(own, newExternalId(context.random))
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    const outcome: Outcome = { status: 'unknown', detail: `no other token could be tried: ${error.message}` }
    recorder.settle('token-audience-compared', outcome)
    recorder.settle('token-subject-compared', outcome)
    return null
  }
}
