/** What changed, and what a change would do: planned policies tried before they are applied. */
export { whatIf } from './what-if.ts'
