/** The IAM endpoint: one table of Query actions. */
import { AwsError } from '../http/aws-error.ts'
import { managedPolicyActions } from './managed-policies.ts'
import { oidcProviderActions } from './oidc-providers.ts'
import type { IamRequest } from './request.ts'
import { roleActions } from './roles.ts'
import { userActions } from './users.ts'

const actions = new Map(
  Object.entries({ ...roleActions, ...userActions, ...managedPolicyActions, ...oidcProviderActions }),
)

/** Answers one action with the content of its result element, or null. @throws AwsError */
export function answerIam(action: string, request: IamRequest): string | null {
  const run = actions.get(action)
  if (run === undefined) {
    throw new AwsError({
      code: 'InvalidAction',
      status: 400,
      message: `Could not find operation ${action.slice(0, 100)} for version 2010-05-08`,
    })
  }
  const { account, world } = request
  return world.propagation.changing(
    () => [...account.users.values(), ...account.roles.values()],
    () => run(request),
  )
}
