/**
 * Explains a check that is red although nothing was refused: the other side grants more than it should, the session is
 * another one, or the store does not keep a promise.
 */
import type { Cause, Chain, Check, Connection, Diagnosis } from '../../contract/index.ts'
import { chainFormOf, linkWithin } from './chain-of.ts'

interface GrantRow {
  readonly id: string
  readonly repair: { readonly side: 'ours' | 'theirs'; readonly summary: string }
  readonly nextStep: string
}

const narrow = 'narrow the permissions of the role to those of `permissions-policy.json`'

const rows: Readonly<Record<string, GrantRow>> = {
  'external-id-required': {
    id: 'external-id-not-required',
    repair: {
      side: 'theirs',
      summary: 'add the condition on `sts:ExternalId` from `trust-policy.json` to the trust policy',
    },
    nextStep: 'do not use the role until its trust policy demands the External ID, then verify again',
  },
  'external-id-matched': {
    id: 'external-id-not-compared',
    repair: {
      side: 'theirs',
      summary: 'compare `sts:ExternalId` with `StringEquals` and the one value of the set-up kit, without wildcards',
    },
    nextStep: 'look for `StringLike`, `IfExists` or a second statement without the condition in the trust policy',
  },
  'token-audience-compared': {
    id: 'token-not-compared',
    repair: { side: 'theirs', summary: 'add the condition on `…:aud` from `trust-policy.json` to the trust policy' },
    nextStep: 'do not use the role until its trust policy compares audience and subject, then verify again',
  },
  'token-subject-compared': {
    id: 'token-not-compared',
    repair: {
      side: 'theirs',
      summary: 'compare `…:sub` with `StringEquals` and the one value of the set-up kit, without wildcards',
    },
    nextStep: 'do not use the role until its trust policy compares audience and subject, then verify again',
  },
  'session-identity': {
    id: 'session-of-another',
    repair: { side: 'ours', summary: 'compare the role ARN of the connection with the one that the customer gave' },
    nextStep: 'do not use the connection until it is clear whose session this is',
  },
  'conditional-write': {
    id: 'condition-ignored',
    repair: { side: 'theirs', summary: 'use a store that honours `If-None-Match`, or add versioning to the bucket' },
    nextStep: 'ask which product answers at this endpoint, and in which version',
  },
  'public-refused': {
    id: 'public-access',
    repair: {
      side: 'theirs',
      summary:
        'switch Block Public Access on for the bucket, or set the container to private, and remove what is granted to everybody',
    },
    nextStep: 'send nothing there before it is private, then verify again',
  },
  'read-refused': {
    id: 'grants-too-much',
    repair: { side: 'theirs', summary: narrow },
    nextStep: 'compare both policies with the set-up kit',
  },
  'list-refused': {
    id: 'grants-too-much',
    repair: { side: 'theirs', summary: narrow },
    nextStep: 'compare both policies with the set-up kit',
  },
  'delete-refused': {
    id: 'grants-too-much',
    repair: { side: 'theirs', summary: narrow },
    nextStep: 'compare both policies with the set-up kit',
  },
  'write-refused': {
    id: 'grants-too-much',
    repair: { side: 'theirs', summary: narrow },
    nextStep: 'compare both policies with the set-up kit',
  },
  'outside-root-refused': {
    id: 'grants-too-much',
    repair: {
      side: 'theirs',
      summary: 'narrow the Resource of the statements to the root path, as in `permissions-policy.json`',
    },
    nextStep: 'compare the Resource elements of both policies with the set-up kit',
  },
}

/** The class and the repair of a red check that no error stands behind; null for a check that only errors turn red. */
export function grantRowOf(connection: Connection, check: string): { id: string; repair: string } | null {
  const row = rows[check]
  if (row === undefined) return null
  const isToken = connection.authentication.kind === 'sas' && row.id === 'grants-too-much'
  return { id: row.id, repair: isToken ? lettersAlone : row.repair.summary }
}

const lettersAlone = 'make a token with the letters of the set-up kit alone'

/** Explains a red check that no error stands behind. */
export function diagnoseGrant(connection: Connection, check: Check, chain: Chain): Diagnosis {
  const row = rows[check.id]
  const cause: Cause = {
    id: row?.id ?? check.cause ?? check.id,
    confidence: 'likely',
    link: linkWithin(chainFormOf(connection), check.link),
    summary: check.detail,
    because: [`the check \`${check.id}\` saw it happen`],
    repairs: [
      {
        side: row?.repair.side ?? 'ours',
        summary: grantRowOf(connection, check.id)?.repair ?? check.repair ?? 'look into the check by hand',
        opens: 'nothing else',
        proved: false,
      },
    ],
  }
  return {
    view: 'vendor',
    operation: check.link === 'assume-role' ? 'sts:AssumeRole' : check.id,
    summary: check.detail,
    chain,
    causes: [cause],
    ruledOut: [],
    notSeen: ['the policies themselves'],
    nextStep: row?.nextStep ?? 'look into the check by hand',
  }
}
