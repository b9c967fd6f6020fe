/** From a verified sign-in to session tags, source identity and session name. */
export type { SessionIdentity, SignedInPerson } from './map-identity.ts'
export { mapIdentity, requireIdentity } from './map-identity.ts'
