/** The connection as it is taken in and changed. */
export { changeConnection } from './change.ts'
export { createConnection } from './create.ts'
export { newExternalId } from './external-id.ts'
