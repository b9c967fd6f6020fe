/** Reading policies and grants. */
export { readGrants } from './grants.ts'
export { pointerStep, readJsonWithPositions } from './json.ts'
export { type LocatedPolicy, parsePolicy, parsePolicyText, readPolicyParts } from './parse-policy.ts'
export { type ElementPosition, findLineStarts, lineOf, type PositionIndex, type TextSpan } from './positions.ts'
export { escapeCharacter, isObject, quote } from './problems.ts'
