/** Who calls AssumeRole, as far as it can be known: our base identity, or, at the customer's, the principal that the trust policy names. */
import type { Connection } from '../../contract/index.ts'
import type { NamedPolicy } from '../../iam/index.ts'
import type { ConnectionContext } from '../context.ts'
import { callerOf } from '../open/session-need.ts'

/** The caller of AssumeRole. */
export interface Caller {
  readonly callerArn: string
  readonly principalArn: string
  /** What had to be supposed, one line each. */
  readonly notSeen: readonly string[]
}

/** Finds the caller. At the customer's side there is no base identity, so the trust policy's first role is taken, and said. */
export async function callerFor(
  connection: Connection,
  context: ConnectionContext,
  trust: NamedPolicy | null,
): Promise<Caller> {
  const { authentication } = connection
  if (authentication.kind === 'role' && authentication.webIdentity !== undefined) {
    return { ...(await callerOf(connection, context)), notSeen: [] }
  }
  if (context.base !== null) {
    const us = await context.base.whoAmI()
    return { callerArn: us.callerArn, principalArn: us.principalArn, notSeen: [] }
  }
  const named = firstRoleOf(trust)
  const principalArn = named ?? 'arn:aws:iam::000000000000:role/unknown'
  return {
    callerArn: sessionOf(principalArn),
    principalArn,
    notSeen: [
      named === null
        ? 'the principal of Drawbridge is not known here'
        : `the principal of Drawbridge is not known here; \`${named}\`, which the trust policy names, is taken for it`,
    ],
  }
}

function firstRoleOf(trust: NamedPolicy | null): string | null {
  for (const statement of trust?.policy.statements ?? []) {
    const element = statement.principal?.element
    if (statement.effect !== 'Allow' || element === undefined || element === '*') continue
    const arn = (element.AWS ?? []).find((one) => /^arn:aws[a-z-]*:iam::\d{12}:(?:role|user)\//.test(one))
    if (arn !== undefined) return arn
  }
  return null
}

function sessionOf(principalArn: string): string {
  const [, partition, , , account, resource = ''] = principalArn.split(':')
  if (!resource.startsWith('role/')) return principalArn
  return `arn:${partition}:sts::${account}:assumed-role/${resource.split('/').at(-1)}/drawbridge`
}
