/**
 * Refusals of AssumeRoleWithWebIdentity. What is wrong with the token or its issuer is said in words of its own; what in the
 * trust policy does not hold is one sentence for every reason, and nobody but its reader can tell which.
 */
import type { Sign, Symptom } from '../symptom.ts'
import { pages } from './pages.ts'

const operations = ['sts:AssumeRoleWithWebIdentity']

/** The one sentence of the trust policy. */
const oneSentence: Sign = {
  operations,
  codes: ['AccessDenied', 'AccessDeniedException'],
  confidence: 'possible',
  because: 'STS answers with the same sentence whatever in the trust policy does not hold',
}

const nextTrust =
  'compare the trust policy of the role with `trust-policy.json` of the set-up kit: principal, audience and subject, letter by letter'

export const webIdentitySymptoms: readonly Symptom[] = [
  {
    id: 'token-provider-missing',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the role’s account has not registered the issuer of the ID token as an identity provider',
    signs: [
      {
        any: ['no openidconnect provider found'],
        confidence: 'likely',
        because: 'STS says that it found no provider for the issuer in the account of the role',
      },
    ],
    hints: ['identity provider', 'oidc'],
    repairs: [
      {
        side: 'theirs',
        summary: 'register the issuer in the account of the role, as the set-up kit does; its address letter by letter',
        opens: 'nothing by itself: a role must trust the provider too',
      },
    ],
    nextStep: 'look at the list of identity providers in the account of the role, and at the account in the role ARN',
    page: pages.webIdentity,
  },
  {
    id: 'token-audience-unlisted',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the identity provider does not list the audience of the ID token',
    signs: [
      {
        any: ['incorrect token audience'],
        confidence: 'likely',
        because: 'STS says that the audience is not among the provider’s client ids',
      },
    ],
    hints: ['client id', 'audience'],
    repairs: [
      {
        side: 'theirs',
        summary: 'add the audience to the identity provider: `aws iam add-client-id-to-open-id-connect-provider`',
        opens: 'nothing by itself: a role must trust the audience too',
      },
    ],
    nextStep: 'compare the provider’s list of audiences with the one in the set-up kit',
    page: pages.webIdentity,
  },
  {
    id: 'token-keys-unreadable',
    provider: 'aws',
    link: 'base-identity',
    summary: 'AWS can not read the keys of the issuer, so it can not check the ID token',
    signs: [
      {
        any: ["couldn't retrieve verification key", 'idpcommunicationerror'],
        confidence: 'likely',
        because: 'STS says that it could not get the issuer’s keys',
      },
    ],
    hints: ['jwks', 'openid-configuration', 'issuer'],
    repairs: [
      {
        side: 'ours',
        summary:
          'serve `/.well-known/openid-configuration` and the key set below the issuer’s address, to everybody and over https',
        opens: 'nothing else: only public keys are in it',
      },
    ],
    nextStep: 'fetch both documents from outside; `issuer` in them must be the address letter by letter',
    page: pages.webIdentity,
  },
  {
    id: 'token-not-signed-by-issuer',
    provider: 'aws',
    link: 'base-identity',
    summary: 'none of the keys that the issuer publishes confirms the signature of the ID token',
    signs: [
      {
        operations,
        any: ['token that was passed could not be validated', 'token signature is invalid'],
        confidence: 'likely',
        because: 'STS read the token and the keys, and they do not fit',
      },
    ],
    hints: ['rotation', 'jwks'],
    repairs: [
      {
        side: 'ours',
        summary:
          'publish the key that signs: a new one is published before it signs, and the old one until its tokens end',
        opens: 'nothing else',
      },
    ],
    nextStep: 'compare `kid` of a token with the key set that the issuer serves now',
    page: pages.webIdentity,
  },
  {
    id: 'token-expired',
    provider: 'aws',
    link: 'base-identity',
    summary: 'the ID token was past its end when it arrived',
    signs: [
      {
        operations,
        codes: ['ExpiredTokenException', 'ExpiredToken'],
        confidence: 'likely',
        because: 'STS compares the end of the token with its own clock',
      },
      {
        any: ['token expired: current date/time'],
        confidence: 'likely',
        because: 'STS compares the end of the token with its own clock',
      },
    ],
    hints: ['clock', 'projected', 'service account'],
    repairs: [
      {
        side: 'ours',
        summary: 'set the clock of the machine; where a platform writes the token into a file, see that it is renewed',
        opens: 'nothing else',
      },
    ],
    nextStep: 'compare `exp` of the token with the time of an answer of AWS',
    page: pages.webIdentity,
  },
  {
    id: 'token-unusable',
    provider: 'aws',
    link: 'base-identity',
    summary: 'our own ID token can not be sent: there is none, it ended, or it says something else than was agreed',
    signs: [
      {
        any: ['the id token’s file', 'the id token in its file', 'was set up for the id token'],
        confidence: 'likely',
        because: 'Drawbridge says so itself, and sent nothing',
      },
    ],
    hints: ['webidentity', 'tokenfile'],
    repairs: [
      {
        side: 'ours',
        summary: 'put `webIdentity` of the configuration right, or see why the platform does not renew the file',
        opens: 'nothing else',
      },
    ],
    nextStep: 'read the claims of the token in the file, and compare them with what the connection shows',
    page: pages.webIdentity,
  },
  {
    id: 'token-subject-mismatch',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the trust policy demands another subject or audience than the ID token has',
    signs: [oneSentence],
    hints: ['subject', ':sub', 'condition', 'environment', 'branch'],
    repairs: [
      {
        side: 'theirs',
        summary: 'put audience and subject of the set-up kit into the conditions of the trust policy',
        opens: 'this connection’s token, and no other',
      },
    ],
    nextStep: nextTrust,
    page: pages.webIdentity,
  },
  {
    id: 'token-principal',
    provider: 'aws',
    link: 'assume-role',
    summary: 'the trust policy does not name the identity provider, or allows it `sts:AssumeRole` only',
    signs: [oneSentence],
    hints: ['federated', 'principal'],
    repairs: [
      {
        side: 'theirs',
        summary:
          'name the provider’s ARN as `Federated` principal, and allow it `sts:AssumeRoleWithWebIdentity`, as in `trust-policy.json`',
        opens: 'what the conditions beside it allow',
      },
    ],
    nextStep: nextTrust,
    page: pages.webIdentity,
  },
  {
    id: 'token-role-missing',
    provider: 'aws',
    link: 'assume-role',
    summary: 'there is no such role: STS does not tell it from one that refuses',
    signs: [oneSentence],
    hints: ['role arn', 'deleted'],
    repairs: [
      {
        side: 'theirs',
        summary: 'make the role as the set-up kit has it, or tell us its right ARN',
        opens: 'what its policies allow',
      },
    ],
    nextStep: nextTrust,
    page: pages.webIdentity,
  },
]
