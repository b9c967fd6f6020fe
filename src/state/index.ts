/** Persistence: one data directory, locked, its database and keys; the repositories that the rooms below ask for. */
export type { State } from './state.ts'
export { openState } from './state.ts'
