/** Tries a connection link by link. */
export type { CheckId, CheckRow } from './checks.ts'
export { checkIds, checks, checksFor } from './checks.ts'
export type { VerifyOptions } from './verify-connection.ts'
export { verifyConnection } from './verify-connection.ts'
