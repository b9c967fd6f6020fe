/**
 * Refusals of AssumeRole that no text tells apart. STS says one and the same sentence for a wrong principal, a wrong External ID, a condition
 * that does not hold and a role that does not exist, so most of these are `possible` from a text, and probes or the
 * policies have to tell them apart. Those that the sentence fits stand in the order in which they are met most often.
 */
import type { Sign, Symptom } from '../symptom.ts'
import { askForTrust } from './assume-role-told.ts'
import { pages } from './pages.ts'

const denied = ['AccessDenied', 'AccessDeniedException']

/** The one sentence, which fits every cause below. */
const oneSentence: Sign = {
  operations: ['sts:AssumeRole'],
  codes: denied,
  confidence: 'possible',
  because: 'STS answers with the same sentence whatever in the trust policy does not hold',
}

export const assumeRoleSymptoms: readonly Symptom[] = [
  {
    id: 'trust-principal',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the trust policy does not name the principal that calls, or names one that was deleted and made again',
    signs: [
      oneSentence,
      {
        codes: ['MalformedPolicyDocument'],
        any: ['invalid principal in policy'],
        confidence: 'likely',
        because: 'IAM refuses to save a policy whose principal does not exist',
      },
      {
        any: ['no role trust policy allows'],
        confidence: 'likely',
        because: 'the denial names the trust policy, which does not allow this principal',
      },
    ],
    hints: ['principal', 'recreated', 'deleted', 'aroa', 'trust relationship', 'trust policy', 'service principal'],
    repairs: [
      {
        side: 'theirs',
        summary:
          'save the trust policy again with the principal of the set-up kit; IAM keeps an id behind the ARN, and a principal that was made again has another',
        opens: 'nothing else',
      },
    ],
    nextStep: 'look whether the Principal in the trust policy shows an ARN or an id that begins with `AROA` or `AIDA`',
    page: pages.principal,
  },
  {
    id: 'external-id-mismatch',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the External ID in the trust policy is not the one that is sent',
    signs: [
      oneSentence,
      {
        all: ['externalid'],
        any: ['configured correctly', 'does not match', 'mismatch', 'verify the role'],
        confidence: 'likely',
        because: 'the text asks to compare the External ID',
      },
      {
        any: [
          'changed external id',
          'external id changed',
          'new external id',
          'external id was',
          'rotated the external id',
        ],
        confidence: 'possible',
        because: 'the text speaks of another External ID than before',
      },
      {
        all: ['externalid'],
        any: ['minimum field size', 'validation error', 'failed to satisfy constraint'],
        confidence: 'likely',
        because: 'an External ID was sent that STS does not accept, for instance an empty one',
      },
    ],
    hints: ['external id', 'externalid', 'sts:externalid'],
    repairs: [
      {
        side: 'theirs',
        summary: 'put the External ID of the set-up kit into the trust policy, character for character',
        opens: 'nothing else',
      },
    ],
    nextStep: 'compare `sts:ExternalId` in the trust policy with the External ID in the set-up kit',
    page: pages.externalId,
  },
  {
    id: 'iam-propagation',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the role or its trust policy was changed moments ago, and IAM takes half a minute to know it everywhere',
    signs: [
      { ...oneSentence, because: 'a role that was made seconds ago is refused in the same words' },
      {
        codes: ['MalformedPolicyDocument'],
        any: ['invalid principal in policy'],
        confidence: 'possible',
        because: 'a principal that was made seconds ago is not known everywhere yet',
      },
    ],
    hints: ['just created', 'newly created', 'new role', 'first apply', 'seconds', 'eventual', 'propagat', 'retry'],
    repairs: [
      { side: 'ours', summary: 'try again for a minute before anything is called wrong', opens: 'nothing else' },
    ],
    nextStep: 'try again in half a minute; if it is still refused then, it is not this',
    page: pages.consistency,
  },
  {
    id: 'base-permission',
    provider: 'aws',
    link: 'base-identity',
    summary:
      'the caller’s own identity policy, or an organization policy above it, does not allow `sts:AssumeRole` on this role',
    signs: [
      oneSentence,
      {
        operations: ['sts:'],
        policyTypes: ['identity-based policy', 'permissions boundary', 'session policy', 'service control policy'],
        confidence: 'likely',
        because: 'the denial of AssumeRole names a policy on the caller’s side',
      },
    ],
    hints: ['identity-based', 'our policy', 'caller'],
    repairs: [
      {
        side: 'ours',
        summary: 'allow `sts:AssumeRole` on this role to our own identity, as in `vendor-base-policy.json`',
        opens: 'nothing else',
      },
    ],
    nextStep: 'look at our own identity first: it is the only part that we can read ourselves',
    page: pages.accessDenied,
  },
  {
    id: 'role-missing',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the role does not exist under this ARN: it was deleted, renamed, or the account is another',
    signs: [
      oneSentence,
      { codes: ['NoSuchEntity', 'NoSuchRole'], confidence: 'likely', because: 'IAM says that there is no such role' },
    ],
    hints: ['deleted', 'renamed', 'typo', 'full arn', 'no such role'],
    repairs: [
      {
        side: 'ours',
        summary: 'compare the role ARN with the one in the IAM console, and correct it',
        opens: 'nothing else',
      },
    ],
    nextStep: 'ask the administrator for the ARN of the role, copied from the console',
    page: pages.assumeRole,
  },
  {
    id: 'trust-source-ip',
    provider: 'aws',
    link: 'assume-role',
    summary: 'a condition on `aws:SourceIp` in the trust policy refuses the address that the caller comes from',
    signs: [oneSentence],
    hints: [
      'source ip',
      'sourceip',
      'ip address',
      'whitelist',
      'allowlist',
      'allow-list',
      'ip range',
      'ip-based',
      'dynamic ip',
      'network',
    ],
    repairs: [
      {
        side: 'theirs',
        summary:
          'drop the condition on `aws:SourceIp` and keep the one on `sts:ExternalId`, which is what protects the role',
        opens: 'the principal may come from any address, still only with the External ID',
      },
    ],
    nextStep: askForTrust,
    page: pages.conditionKeys,
  },
  {
    id: 'trust-request-tag',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the trust policy demands a session tag, or a value of one, that the request does not carry',
    signs: [oneSentence],
    hints: ['requesttag', 'request tag', 'session tag', 'tagkeys', 'attributes', 'identity mapping', 'sso'],
    repairs: [
      {
        side: 'ours',
        summary: 'map the claim that the customer means to this tag in the identity mapping',
        opens: 'nothing else',
      },
      {
        side: 'theirs',
        summary: 'drop the condition on `aws:RequestTag`, or name the value that is sent',
        opens: 'sessions without that tag',
      },
    ],
    nextStep: askForTrust,
    page: pages.sessionTags,
  },
  {
    id: 'trust-requested-region',
    provider: 'aws',
    link: 'assume-role',
    summary: 'a condition on `aws:RequestedRegion` refuses the region whose STS is called',
    signs: [oneSentence],
    hints: ['requestedregion', 'requested region', 'region restriction', 'data residency'],
    repairs: [
      {
        side: 'ours',
        summary: 'call STS in a region that the customer allows: set `stsRegion`',
        opens: 'nothing else',
      },
    ],
    nextStep: askForTrust,
    page: pages.conditionKeys,
  },
]
