/** Opens a connection in a person's identity. */
export { openConnection } from './open-connection.ts'
