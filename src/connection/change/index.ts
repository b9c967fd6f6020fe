/** A connection is changed; a new secret is tried before it takes over. */
export { changeConnection } from './change-connection.ts'
