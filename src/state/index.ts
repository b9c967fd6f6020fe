/** Persistence: SQLite in one locked data directory, or PostgreSQL for many processes; the repositories that the rooms below ask for. */

export type { DatabaseForm } from './migrate.ts'
export { PostgresForm } from './postgres/form.ts'
export { defaultLimits, type PostgresOptions } from './postgres/pool.ts'
export type { State } from './state.ts'
export { openSharedState, openState } from './state.ts'
export { CheckpointWitness, witnessed } from './witness.ts'
