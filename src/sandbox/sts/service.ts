/** The STS endpoint: which Query action does what, and how its result is written. */
import type { DecisionRecord } from '../access/authorize.ts'
import type { Context } from '../access/context.ts'
import { AwsError } from '../http/aws-error.ts'
import { type Form, required } from '../http/form.ts'
import { element, leaf } from '../http/xml.ts'
import type { Session, User } from '../world/entities.ts'
import type { World } from '../world/world.ts'
import { assumeRole } from './assume-role.ts'
import { assumeRoleWithWebIdentity, type TokenRequest } from './assume-role-with-web-identity.ts'
import type { AssumedRole } from './open-session.ts'
import { readSessionInput } from './session-input.ts'

/** One authenticated Query request. */
export interface StsRequest {
  readonly world: World
  readonly caller: User | Session
  readonly form: Form
  readonly context: Context
  readonly record: DecisionRecord[]
  readonly minimumSessionSeconds: number
}

/** The one action that nobody signs. */
export const tokenAction = 'AssumeRoleWithWebIdentity'

/** Answers `AssumeRoleWithWebIdentity` with the content of its result element. @throws AwsError */
export async function answerToken(request: TokenRequest): Promise<string> {
  const { assumed, token } = await assumeRoleWithWebIdentity(request)
  return [
    leaf('SubjectFromWebIdentityToken', token.subject),
    leaf('Audience', token.audience),
    leaf('Provider', token.issuer),
    renderAssumedRole(assumed),
  ].join('')
}

/** Answers one action with the content of its result element. @throws AwsError */
export function answerSts(action: string, request: StsRequest): string {
  switch (action) {
    case 'AssumeRole': {
      const input = readSessionInput(request.form, request.minimumSessionSeconds)
      return renderAssumedRole(assumeRole(request.world, request.caller, input, request.context, request.record))
    }
    case 'GetCallerIdentity':
      return renderIdentity(request.caller)
    case 'GetAccessKeyInfo': {
      const key = request.world.accessKey(required(request.form, 'AccessKeyId'))
      if (key === null) throw new AwsError({ code: 'ValidationError', status: 400, message: 'Invalid AccessKeyId' })
      return leaf('Account', key.owner.accountId)
    }
    default:
      throw new AwsError({
        code: 'InvalidAction',
        status: 400,
        message: `Could not find operation ${action.slice(0, 100)} for version 2011-06-15`,
      })
  }
}

function renderIdentity(caller: User | Session): string {
  const userId = caller.kind === 'user' ? caller.id : `${caller.role.id}:${caller.name}`
  return leaf('Arn', caller.arn) + leaf('UserId', userId) + leaf('Account', caller.accountId)
}

function renderAssumedRole({ key, session, packedPolicySize }: AssumedRole): string {
  return [
    element('AssumedRoleUser', leaf('AssumedRoleId', `${session.role.id}:${session.name}`), leaf('Arn', session.arn)),
    element(
      'Credentials',
      leaf('AccessKeyId', key.accessKeyId),
      leaf('SecretAccessKey', key.secretAccessKey.reveal()),
      leaf('SessionToken', key.sessionToken?.reveal() ?? ''),
      leaf('Expiration', session.expiresAt.toISOString().replace('.000', '')),
    ),
    packedPolicySize === null ? '' : leaf('PackedPolicySize', packedPolicySize),
    session.sourceIdentity === null ? '' : leaf('SourceIdentity', session.sourceIdentity),
  ].join('')
}
