/** Whom a kit sets up: the role that we assume, or the IAM user whose access key we use. */
import type { Connection } from '../../contract/index.ts'
import type { SetupModel } from '../../iam/index.ts'
import { accountOf } from '../model/role-arn.ts'

/** The role or the user, by its names. */
export interface KitSubject {
  readonly kind: 'role' | 'user'
  readonly arn: string
  readonly account: string
  /** Without its path. */
  readonly name: string
  /** `/`, or `/team/`. */
  readonly path: string
  /** The inline policy's name, 128 characters at most. */
  readonly policyName: string
  /** What AssumeRole asks for; 3600 for a user, where it means nothing. */
  readonly durationSeconds: number
}

/** Tells whom the kit of a connection to a bucket sets up. */
export function subjectOf(connection: Connection, model: SetupModel): KitSubject {
  const { authentication } = connection
  const kind = authentication.kind === 'role' ? 'role' : 'user'
  const resource = model.roleArn.slice(model.roleArn.indexOf(`:${kind}/`) + kind.length + 2)
  const slash = resource.lastIndexOf('/')
  return {
    kind,
    arn: model.roleArn,
    account: accountOf(model.roleArn),
    name: resource.slice(slash + 1),
    path: slash === -1 ? '/' : `/${resource.slice(0, slash + 1)}`,
    policyName: `drawbridge-${connection.name}`,
    durationSeconds: authentication.kind === 'role' ? authentication.durationSeconds : 3600,
  }
}
