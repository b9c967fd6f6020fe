/**
 * Refusals of S3 calls by what stands above the role and the bucket: boundary, session policy, the organization, Block Public
 * Access, a VPC endpoint. The role's and the bucket's own policies stand in `s3-policies.ts`.
 */
import type { Symptom } from '../symptom.ts'
import { pages } from './pages.ts'
import { askForPolicies, bareRefusal } from './s3-policies.ts'

export const s3LimitSymptoms: readonly Symptom[] = [
  {
    id: 'boundary',
    provider: 'aws',
    link: 'permissions',
    summary: 'the permissions boundary of the role does not allow the action',
    signs: [
      { ...bareRefusal, any: ['boundary'], because: 'a permissions boundary is spoken of' },
      {
        policyTypes: ['permissions boundary'],
        confidence: 'likely',
        because: 'the denial names the permissions boundary',
      },
    ],
    hints: ['boundary'],
    repairs: [
      {
        side: 'theirs',
        summary: 'add the action to the boundary as well as to the role',
        opens: 'roles under the same boundary',
      },
    ],
    nextStep: askForPolicies,
    page: pages.accessDenied,
  },
  {
    id: 'session-policy',
    provider: 'aws',
    link: 'session',
    summary: 'the session policy that was sent with AssumeRole does not allow the action',
    signs: [{ policyTypes: ['session policy'], confidence: 'likely', because: 'the denial names the session policy' }],
    hints: ['session policy', 'downscop'],
    repairs: [
      {
        side: 'ours',
        summary: 'compare purpose, root path and KMS key of the connection with what is written',
        opens: 'nothing else',
      },
    ],
    nextStep: 'the session policy is ours: the customer has nothing to change',
    page: pages.accessDenied,
  },
  {
    id: 'organization-policy',
    provider: 'aws',
    link: 'permissions',
    summary: 'a policy of the organization (SCP or RCP) refuses the action, whatever role and bucket allow',
    signs: [
      {
        ...bareRefusal,
        any: ['service control', ' scp', 'organization polic'],
        because: 'an organization policy is spoken of',
      },
      {
        policyTypes: ['service control policy', 'resource control policy'],
        confidence: 'likely',
        because: 'the denial names an organization policy',
      },
      {
        codes: ['AllAccessDisabled', 'AccountIsDisabled'],
        confidence: 'possible',
        because: 'the account itself is restricted',
      },
    ],
    hints: ['scp', 'organization', 'control tower'],
    repairs: [
      {
        side: 'theirs',
        summary: 'ask whoever runs the organization to except this role or bucket',
        opens: 'what the exception names',
      },
    ],
    nextStep:
      'hand the text to whoever runs the customer’s AWS organization; newer denials carry the ARN of the policy',
    page: pages.accessDenied,
  },
  {
    id: 'block-public-access',
    provider: 'aws',
    link: 'bucket-policy',
    summary:
      'S3 Block Public Access refuses the request, or treats the bucket policy as public because of one wide statement',
    signs: [
      {
        any: ['s3 block public access', 'blockpublicpolicy', 'blockpublicacls', 'restrictpublicbuckets'],
        confidence: 'likely',
        because: 'the text names a setting of Block Public Access',
      },
    ],
    hints: ['public'],
    repairs: [
      {
        side: 'theirs',
        summary: 'narrow the statement of the bucket policy that makes it public; leave Block Public Access on',
        opens: 'nothing else',
      },
    ],
    nextStep: 'look for a statement with Principal `*` whose condition does not name fixed values',
    page: pages.publicAccess,
  },
  {
    id: 'vpc-endpoint-policy',
    provider: 'aws',
    link: 'permissions',
    summary: 'the policy of a VPC endpoint on the way refuses the action',
    signs: [
      {
        policyTypes: ['VPC endpoint policy'],
        confidence: 'likely',
        because: 'the denial names the VPC endpoint policy',
      },
    ],
    hints: ['vpc endpoint', 'vpce'],
    repairs: [
      {
        side: 'ours',
        summary: 'allow the bucket in the policy of the endpoint through which the calls leave',
        opens: 'that bucket',
      },
    ],
    nextStep: 'look at the endpoint policy of the network that the calls come from',
    page: pages.accessDenied,
  },
]
