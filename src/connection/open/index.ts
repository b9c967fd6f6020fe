/** Opens a connection in a person's identity. */
export type { OpenConnection, OpenFacts } from './open-connection.ts'
export { openConnection } from './open-connection.ts'
