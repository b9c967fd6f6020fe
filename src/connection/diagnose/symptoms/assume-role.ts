/**
 * Refusals of AssumeRole. STS says one and the same sentence for a wrong principal, a wrong External ID, a condition
 * that does not hold and a role that does not exist, so most of these are `possible` from a text, and probes or the
 * policies have to tell them apart. Those that the sentence fits stand in the order in which they are met most often.
 */
import type { Sign, Symptom } from '../symptom.ts'
import { pages } from './pages.ts'

const denied = ['AccessDenied', 'AccessDeniedException']

/** The one sentence, which fits every cause below. */
const oneSentence: Sign = {
  operations: ['sts:AssumeRole'],
  codes: denied,
  confidence: 'possible',
  because: 'STS answers with the same sentence whatever in the trust policy does not hold',
}

const nextTrust =
  'ask the administrator of the account for the trust policy of the role, or to run `drawbridge diagnose` with read access'

export const assumeRoleSymptoms: readonly Symptom[] = [
  {
    id: 'base-credentials-missing',
    provider: 'aws',
    link: 'base-identity',
    summary: 'the caller has no AWS credentials of its own, so nothing was ever sent to the role',
    signs: [
      {
        codes: ['NoCredentialsError', 'CredentialsProviderError'],
        confidence: 'likely',
        because: 'the client itself says that it found no credentials',
      },
      {
        any: ['unable to locate credentials', 'could not load credentials', 'no valid credential sources'],
        confidence: 'likely',
        because: 'the client itself says that it found no credentials',
      },
    ],
    hints: ['deployment', 'container', 'instance profile'],
    repairs: [
      {
        side: 'ours',
        summary: 'give the deployment its base identity back: instance role, container role or profile',
        opens: 'nothing else',
      },
    ],
    nextStep: 'call GetCallerIdentity where the service runs; the customer has nothing to change',
    page: pages.temporaryCredentials,
  },
  {
    id: 'trust-tag-session',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the request carries session tags, and `sts:TagSession` is not allowed',
    signs: [
      {
        all: ['sts:tagsession'],
        any: ['not authorized to perform'],
        confidence: 'likely',
        because: 'the denial names sts:TagSession',
      },
    ],
    hints: ['tags', 'session tag'],
    repairs: [
      {
        side: 'theirs',
        summary: 'allow `sts:TagSession` for the same principal in the trust policy, limited to the known tag keys',
        opens: 'the principal may then set the session tags that are named',
      },
    ],
    nextStep: nextTrust,
    page: pages.sessionTags,
  },
  {
    id: 'trust-source-identity',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the request sets a source identity, and `sts:SetSourceIdentity` is not allowed',
    signs: [
      {
        all: ['sts:setsourceidentity'],
        any: ['not authorized to perform'],
        confidence: 'likely',
        because: 'the denial names sts:SetSourceIdentity',
      },
    ],
    hints: ['source identity'],
    repairs: [
      {
        side: 'theirs',
        summary: 'allow `sts:SetSourceIdentity` for the same principal in the trust policy',
        opens: 'the principal may then say in whose name it acts',
      },
    ],
    nextStep: nextTrust,
    page: pages.sourceIdentity,
  },
  {
    id: 'external-id-not-required',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the trust policy lets the role be assumed without our External ID, so others could have us use it',
    signs: [
      {
        any: [
          'without an external id',
          'without external id',
          'without externalid',
          'no external id',
          'confused deputy',
        ],
        confidence: 'likely',
        because: 'the text speaks of AssumeRole without an External ID',
      },
    ],
    hints: ['enforce', 'finding', 'any principal'],
    repairs: [
      {
        side: 'theirs',
        summary: 'add the condition on `sts:ExternalId` from `trust-policy.json` to the trust policy',
        opens: 'nothing else',
      },
    ],
    nextStep: 'verify the connection: it tries AssumeRole without and with a wrong External ID',
    page: pages.externalId,
  },
  {
    id: 'external-id-order',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the External ID exists only after the connection is made, but the role needs it before',
    signs: [
      {
        all: ['external_id'],
        any: ['decided automatically', 'known after apply', 'computed automatically', 'cycle'],
        confidence: 'likely',
        because: 'the tool says that the value follows from applying the configuration',
      },
    ],
    hints: ['terraform', 'cycle'],
    repairs: [
      {
        side: 'ours',
        summary: 'reserve the External ID first, then make role and connection with it',
        opens: 'nothing else',
      },
    ],
    nextStep: 'prepare the connection: External ID and principal are shown before anything is saved',
    page: pages.externalId,
  },
  {
    id: 'packed-policy-too-large',
    provider: 'aws',
    link: 'assume-role',
    summary: 'session tags and session policy together are larger than STS can pack',
    signs: [
      {
        codes: ['PackedPolicyTooLarge', 'PackedPolicyTooLargeException'],
        confidence: 'likely',
        because: 'STS names the packed size',
      },
      {
        any: ['packed size of session tags', 'packedpolicy'],
        confidence: 'likely',
        because: 'STS names the packed size',
      },
    ],
    hints: ['tags'],
    repairs: [
      { side: 'ours', summary: 'map fewer claims, or shorter ones; optional tags first', opens: 'nothing else' },
    ],
    nextStep: 'look at `packedPolicySize` of an earlier session: above 60 percent it is close',
    page: pages.sessionTags,
  },
  {
    id: 'session-too-long',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the session was asked for longer than the role, or role chaining, allows',
    signs: [
      { all: ['durationseconds', 'exceeds'], confidence: 'likely', because: 'STS names DurationSeconds' },
      {
        any: ['exceeds the 1 hour session limit', 'maxsessionduration'],
        confidence: 'likely',
        because: 'STS names the limit',
      },
    ],
    hints: ['duration', 'chaining'],
    repairs: [{ side: 'ours', summary: 'ask for 3600 seconds or less', opens: 'nothing else' }],
    nextStep: 'try again with 3600 seconds; a session made by a role never lasts longer',
    page: pages.roleChaining,
  },
  {
    id: 'tag-conflict',
    provider: 'aws',
    link: 'assume-role',
    summary: 'a session tag has the key of one that is passed on from the session before, which may not be set anew',
    signs: [
      { all: ['transitive', 'tag'], any: ['conflict'], confidence: 'likely', because: 'STS names the conflict' },
      { any: ['duplicate tag keys'], confidence: 'likely', because: 'STS names the duplicate' },
    ],
    hints: ['chaining', 'tags'],
    repairs: [{ side: 'ours', summary: 'give the mapped tag another key', opens: 'nothing else' }],
    nextStep: 'look at the tags that our own session carries on',
    page: pages.sessionTags,
  },
  {
    id: 'sts-region-disabled',
    provider: 'aws',
    link: 'assume-role',
    summary: 'STS is not activated in this region for the account',
    signs: [
      {
        codes: ['RegionDisabledException', 'RegionDisabled'],
        confidence: 'likely',
        because: 'STS says that the region is disabled',
      },
    ],
    hints: ['region'],
    repairs: [{ side: 'ours', summary: 'call STS in another region: set `stsRegion`', opens: 'nothing else' }],
    nextStep: 'take a region that is active by default, such as the bucket’s',
    page: pages.stsRegions,
  },
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
    nextStep: nextTrust,
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
    nextStep: nextTrust,
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
    nextStep: nextTrust,
    page: pages.conditionKeys,
  },
]
