/** The HTTP door: the API derived from the contract, sign-on, and the web pages. */
export { readServerFile } from './operator-token.ts'
export type { RequestLine, ServerLog } from './request-log.ts'
export { scrub } from './request-log.ts'
export type { OidcSettings } from './sign-on/identity-provider.ts'
export type { RunningServer, ServerOptions } from './start.ts'
export { startServer } from './start.ts'
