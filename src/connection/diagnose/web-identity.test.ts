/** Refusals of AssumeRoleWithWebIdentity as tools print them: each has its class, and the one sentence fits several. */
import { describe, expect, test } from 'vitest'
import { diagnoseText } from './diagnose-text.ts'

const cli = (code: string, message: string): string =>
  `An error occurred (${code}) when calling the AssumeRoleWithWebIdentity operation: ${message}`

describe('what STS says of an ID token', () => {
  test.each([
    [
      'token-provider-missing',
      cli('InvalidIdentityToken', 'No OpenIDConnect provider found in your account for https://a.example'),
    ],
    ['token-audience-unlisted', cli('InvalidIdentityToken', 'Incorrect token audience')],
    [
      'token-keys-unreadable',
      cli(
        'InvalidIdentityToken',
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
      ),
    ],
    ['token-keys-unreadable', cli('IDPCommunicationError', 'the identity provider could not be reached')],
    [
      'token-expired',
      cli(
        'ExpiredTokenException',
        'Token expired: current date/time 1573838390 must be before the expiration date/time 1573837786',
      ),
    ],
    [
      'token-not-signed-by-issuer',
      cli('InvalidIdentityToken', 'The web identity token that was passed could not be validated'),
    ],
  ])('%s', (id, text) => {
    const { causes } = diagnoseText(text)
    expect([causes[0]?.id, causes[0]?.confidence]).toEqual([id, 'likely'])
  })

  test('of the trust policy is one sentence for several causes, none of them certain', () => {
    const { causes } = diagnoseText(cli('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity'))
    expect(causes.map(({ id }) => id)).toEqual(['token-subject-mismatch', 'token-principal', 'token-role-missing'])
    expect(new Set(causes.map(({ confidence }) => confidence))).toEqual(new Set(['possible']))
  })

  test('of a signed AssumeRole is another matter', () => {
    const ids = diagnoseText(
      'An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::111111111111:user/a is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/b',
    ).causes.map(({ id }) => id)
    expect(ids.filter((id) => id.startsWith('token-'))).toEqual([])
  })
})
