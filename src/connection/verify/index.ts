/** Tries a connection link by link. */
export type { VerifyOptions } from './verify-connection.ts'
export { verifyConnection } from './verify-connection.ts'
