/** Reading policies and grants. */
export { readGrants } from './grants.ts'
export { pointerStep, readJsonWithPositions } from './json.ts'
export { type LocatedPolicy, parsePolicy, parsePolicyText, readPolicyParts } from './parse-policy.ts'
export type { ElementPosition, PositionIndex, TextSpan } from './positions.ts'
export { isObject, quote } from './problems.ts'
export { underline, underlineSpan } from './underline.ts'
