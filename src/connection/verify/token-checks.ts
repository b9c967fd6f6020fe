/**
 * Negative checks for a role that an ID token of ours opens: a token for another audience and one with another subject must be
 * refused, while the right one is accepted just before and just after. They stand where an External ID's would.
 */
import type { Connection } from '../../contract/index.ts'
import type { ConnectionContext } from '../context.ts'
import { newExternalId } from '../model/external-id.ts'
import { roleOf, tokensOf } from '../open/session-need.ts'
import type { Recorder } from './recorder.ts'
import { type Entry, judge, negative } from './role-checks.ts'

const notOurs = {
  status: 'skipped',
  detail:
    'the ID token comes from a platform, and none for another can be had: compare the trust policy with that of the set-up kit',
} as const

/** Tries AssumeRoleWithWebIdentity with other tokens. A session that was won is dropped unused. */
export async function checkToken(
  entry: Entry,
  connection: Connection,
  context: ConnectionContext,
  recorder: Recorder,
): Promise<void> {
  if (tokensOf(context).kind !== 'issuer') {
    recorder.settle('token-audience-compared', notOurs)
    recorder.settle('token-subject-compared', notOurs)
    return
  }
  const { webIdentity } = roleOf(connection)
  if (webIdentity === undefined) throw new TypeError('the role is not opened by an ID token')
  const { issuer, audience: ours, subject: own } = webIdentity
  const token = { issuer, audience: ours, subject: own, connection: connection.name }
  const stranger = newExternalId(context.random)
  const [audience, subject] = await Promise.all([
    negative(() => entry.assume({ webIdentity: { ...token, audience: stranger } })),
    negative(() => entry.assume({ webIdentity: { ...token, subject: subjectOfAnother(token.subject, stranger) } })),
  ])
  let confirmed = false
  if (audience.kind === 'refused' || subject.kind === 'refused') {
    confirmed = (await negative(() => entry.assume({}))).kind === 'accepted'
  }
  recorder.settle('token-audience-compared', judge(audience, 'with a token for another audience', confirmed))
  recorder.settle('token-subject-compared', judge(subject, 'with a token of another connection’s subject', confirmed))
}

/** The subject that another connection of the same tenant could have: what a wildcard at its end would let in. */
function subjectOfAnother(subject: string, reference: string): string {
  return `${subject.slice(0, subject.lastIndexOf(':') + 1)}${reference}`
}
