/** What the deployment tells about itself. */
import { authenticationOffers, describeEgress } from '../connection/index.ts'
import type { OperationOutput } from '../contract/index.ts'
import type { Caller } from './caller.ts'
import type { House } from './house.ts'

/** Tells who calls, who we are to AWS, and from where we call. Our identity is null when AWS does not tell it. */
export async function status(house: House, caller: Caller): Promise<OperationOutput<'service.status'>> {
  const { kind, subject, displayName } = caller.actor
  const identity = await house.context.base?.whoAmI().catch(() => null)
  return {
    version: house.version,
    tenant: house.tenant,
    signedIn: {
      kind,
      subject,
      ...(displayName === undefined ? {} : { displayName }),
      rights: (['view', 'operate', 'connect'] as const).filter((right) => caller.rights.has(right)),
    },
    principal: identity?.principalArn ?? null,
    egress: describeEgress(house.context.egress),
    offers: authenticationOffers(house.context),
  }
}
