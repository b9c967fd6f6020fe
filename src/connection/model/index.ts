/** The connection as it is taken in, and what of it changes by itself as time goes by. */
export { createConnection, draftConnection } from './create.ts'
export { newExternalId } from './external-id.ts'
export { authenticationOffers } from './offers.ts'
export { withCurrentWarnings } from './warnings.ts'
export { takeWebIdentity } from './web-identity.ts'
