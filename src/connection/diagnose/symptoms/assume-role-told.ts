/**
 * Refusals of AssumeRole that say what they are about, in the words of the client or of STS: tags, source identity, the form of
 * the request. Those that hide behind the one sentence stand in `assume-role.ts`.
 */
import type { Symptom } from '../symptom.ts'
import { pages } from './pages.ts'

/** What to ask for where the trust policy decides. */
export const askForTrust =
  'ask the administrator of the account for the trust policy of the role, or to run `drawbridge diagnose` with read access'

export const assumeRoleToldSymptoms: readonly Symptom[] = [
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
    nextStep: askForTrust,
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
    nextStep: askForTrust,
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
]
