/** The connection: taken in, opened, set up, verified and explained. */
export type { ConnectionContext } from './context.ts'
export { describeEgress } from './context.ts'
export type { ChainForm, FetchedPolicies, FetchOptions, LinkFinding, PolicyTexts } from './diagnose/index.ts'
export {
  chainFormOf,
  chainOf,
  diagnoseLive,
  diagnosePolicies,
  diagnoseText,
  fetchPolicies,
  linksOf,
  linkTitle,
} from './diagnose/index.ts'
export type { IdentityProblem, SessionIdentity, SignedInPerson } from './identity/index.ts'
export { mapIdentity, requireIdentity } from './identity/index.ts'
export { buildKit } from './kit/index.ts'
export type { TakeReservation } from './model/index.ts'
export { changeConnection, createConnection, newExternalId } from './model/index.ts'
export type { OpenConnection, OpenFacts } from './open/index.ts'
export { openConnection } from './open/index.ts'
export type { ConnectionRepository, ConnectionSecret } from './repository.ts'
export type { CheckId, CheckRow, VerifyOptions } from './verify/index.ts'
export { checkIds, checks, checksFor, verifyConnection } from './verify/index.ts'
