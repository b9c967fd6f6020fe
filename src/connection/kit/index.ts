/** The set-up kit for the customer's administrator. */
export { buildKit } from './build-kit.ts'
