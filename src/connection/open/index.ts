/** Opens a connection in a person's identity. */
export type { OpenConnection, OpenFacts } from './open-connection.ts'
export { openConnection, storeOf } from './open-connection.ts'
export { assumeRoleRequest, baseOf, roleOf, sessionNeed } from './session-need.ts'
