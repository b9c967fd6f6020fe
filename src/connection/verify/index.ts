/** Tries a connection link by link. */
export { verifyConnection } from './verify-connection.ts'
