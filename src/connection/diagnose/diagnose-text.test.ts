import { describe, expect, it } from 'vitest'
import { diagnosis as diagnosisShape } from '../../contract/index.ts'
import { diagnoseText } from './diagnose-text.ts'

const account = '222222222222'
const session = `arn:aws:sts::${account}:assumed-role/export/dana`
const denied = (action: string, tail: string): string =>
  `User: ${session} is not authorized to perform: ${action} on resource: "arn:aws:s3:::acme-audit/a.pdf" ${tail}`

/** Texts in the forms that tools print, the class that must come first, and the link that must be red. */
const texts: readonly (readonly [text: string, id: string, link: string, operation: string])[] = [
  [
    `An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:sts::111111111111:assumed-role/app/w is not authorized to perform: sts:TagSession on resource: arn:aws:iam::${account}:role/export`,
    'trust-tag-session',
    'assume-role',
    'sts:TagSession',
  ],
  [
    `AccessDenied: User: arn:aws:iam::111111111111:user/u is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::${account}:role/export`,
    'trust-source-identity',
    'assume-role',
    'sts:SetSourceIdentity',
  ],
  [
    `An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::${account}:user/u is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${account}:role/x because no identity-based policy allows the sts:AssumeRole action`,
    'base-permission',
    'base-identity',
    'sts:AssumeRole',
  ],
  [
    'botocore.exceptions.NoCredentialsError: Unable to locate credentials',
    'base-credentials-missing',
    'base-identity',
    'unknown',
  ],
  [
    'PackedPolicyTooLargeException: Packed size of session tags consumes 112% of allotted space.',
    'packed-policy-too-large',
    'assume-role',
    'unknown',
  ],
  [
    `An error occurred (AccessDenied) when calling the PutObject operation: ${denied('s3:PutObject', 'because no identity-based policy allows the s3:PutObject action')}`,
    'missing-permission',
    'permissions',
    's3:PutObject',
  ],
  [
    `An error occurred (AccessDenied) when calling the PutObject operation: ${denied('s3:PutObjectAcl', 'because no identity-based policy allows the s3:PutObjectAcl action')}`,
    'missing-acl-permission',
    'permissions',
    's3:PutObjectAcl',
  ],
  [
    `operation error S3: PutObject, https response error StatusCode: 403, RequestID: ABC123DEF456, api error AccessDenied: ${denied('s3:PutObject', 'with an explicit deny in a resource-based policy')}`,
    'bucket-policy-deny',
    'bucket-policy',
    's3:PutObject',
  ],
  [
    denied(
      's3:PutObject',
      'with an explicit deny in a service control policy: arn:aws:organizations::987654321098:policy/o-a/service_control_policy/p-b',
    ),
    'organization-policy',
    'permissions',
    's3:PutObject',
  ],
  [
    denied('s3:PutObject', 'because no session policy allows the s3:PutObject action'),
    'session-policy',
    'session',
    's3:PutObject',
  ],
  [
    denied('s3:PutObject', 'because no permissions boundary allows the s3:PutObject action'),
    'boundary',
    'permissions',
    's3:PutObject',
  ],
  [
    `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>User: ${session} is not authorized to perform: kms:GenerateDataKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access</Message><RequestId>ABCDEF0123456789</RequestId></Error>`,
    'kms-key-policy',
    'kms-key',
    'kms:GenerateDataKey',
  ],
  [
    `An error occurred (AccessDenied) when calling the PutObject operation: User: ${session} is not authorized to perform: kms:GenerateDataKey on this resource because no identity-based policy allows the kms:GenerateDataKey action`,
    'missing-kms-permission',
    'permissions',
    'kms:GenerateDataKey',
  ],
  [
    JSON.stringify({
      eventSource: 's3.amazonaws.com',
      eventName: 'PutObject',
      userIdentity: { type: 'AssumedRole', arn: session },
      errorCode: 'AccessDenied',
      errorMessage: denied('s3:PutObject', 'because no identity-based policy allows the s3:PutObject action'),
    }),
    'missing-permission',
    'permissions',
    's3:PutObject',
  ],
  [
    "AuthorizationHeaderMalformed: The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'",
    'wrong-region',
    'object',
    'unknown',
  ],
  [
    'RequestTimeTooSkewed: The difference between the request time and the current time is too large.',
    'clock-skew',
    'base-identity',
    'unknown',
  ],
  [
    'ExpiredToken: The provided token has expired. status code: 400 (UploadPart)',
    'session-expired',
    'session',
    's3:UploadPart',
  ],
  [
    'An error occurred (AccessControlListNotSupported) when calling the PutObject operation: The bucket does not allow ACLs',
    'acl-not-supported',
    'object',
    's3:PutObject',
  ],
  [
    '<Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [Thu, 09 Jul 2020 10:11:03 GMT] - Expiry [Thu, 09 Jul 2020 18:11:03 GMT]</AuthenticationErrorDetail></Error>',
    'sas-expired',
    'sas-token',
    'unknown',
  ],
  [
    'Put Blob failed: AuthorizationPermissionMismatch: This request is not authorized to perform this operation using this permission.',
    'sas-letters',
    'sas-token',
    'azblob:PutBlob',
  ],
  ['Code: UnauthorizedBlobOverwrite', 'sas-overwrite', 'object', 'unknown'],
  ['AuthenticationErrorDetail: sr is mandatory. Cannot be empty', 'sas-question-mark', 'sas-token', 'unknown'],
  ['AuthenticationFailed. Signature fields not well formed.', 'sas-signature-mangled', 'sas-token', 'unknown'],
]

describe('diagnoseText', () => {
  it.each(texts)('%s', (text, id, link, operation) => {
    const diagnosis = diagnoseText(text)
    expect(diagnosisShape.safeParse(diagnosis).success).toBe(true)
    expect(diagnosis.causes[0]).toMatchObject({ id, confidence: 'likely', link })
    expect(diagnosis.chain.links.find((one) => one.status === 'fail')?.id).toBe(link)
    expect(diagnosis.operation).toBe(operation)
  })

  it('rules AssumeRole out behind a session, and remarks on what is odd about the text', () => {
    const diagnosis = diagnoseText(`ERROR: S3 PutObject failed - Access Denied (403)
Identity: arn:aws:sts::123456789:assumed-role/QualioExportRole
Bucket: company-audit-reports`)
    expect(diagnosis.operation).toBe('s3:PutObject')
    expect(diagnosis.ruledOut.join()).toContain('AssumeRole had succeeded')
    expect(diagnosis.notSeen.join()).toContain('`123456789` has 9 digits')
    expect(diagnosis.notSeen.join()).toContain('without a session name')
    expect(diagnosis.causes.map((cause) => cause.id)).toEqual(
      expect.arrayContaining(['missing-permission', 'bucket-policy-deny', 'principal-tag', 'missing-kms-permission']),
    )
    const links = Object.fromEntries(diagnosis.chain.links.map((link) => [link.id, link.status]))
    expect(links).toMatchObject({
      'assume-role': 'pass',
      session: 'pass',
      permissions: 'fail',
      'bucket-policy': 'skipped',
    })
  })

  it('still tells what the next AssumeRole will meet when the words speak of the trust policy', () => {
    const diagnosis = diagnoseText(`S3 PutObject failed - Access Denied (403)
Identity: ${session}
IT added a requirement for specific source IP addresses in the trust policy.`)
    const cause = diagnosis.causes.find((one) => one.id === 'trust-source-ip')
    expect(cause?.confidence).toBe('possible')
    expect(cause?.because[0]).toBe('not this request, but the next AssumeRole would meet it')
  })

  it('keeps one sentence of AssumeRole to possible causes', () => {
    const diagnosis = diagnoseText(
      `An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:sts::111111111111:assumed-role/app/s is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${account}:role/R`,
    )
    expect(diagnosis.causes.length).toBeGreaterThan(3)
    expect(diagnosis.causes.every((cause) => cause.confidence === 'possible')).toBe(true)
    expect(diagnosis.nextStep).toContain('trust policy')
  })

  it('never says proved, and takes any text', () => {
    for (const text of ['', 'hello', '<Error>', '{"errorCode":', '\u0000\uffff', 'AccessDenied']) {
      const diagnosis = diagnoseText(text)
      expect(diagnosisShape.safeParse(diagnosis).success).toBe(true)
      expect(diagnosis.causes.every((cause) => cause.confidence !== 'proved')).toBe(true)
    }
  })

  it('reads hostile text in linear time', () => {
    const pieces = [
      'User: arn:aws:sts::111:assumed-role/',
      '<Code>',
      '"code":"',
      'on resource: ',
      'X API responded with ',
      'userIdentity arn ',
      'assume ',
      'because no ',
      'arn:aws:s3:::',
      'request id ',
      '\\"',
    ]
    const begin = performance.now()
    for (const piece of pieces) diagnoseText(piece.repeat(Math.floor(200_000 / piece.length)))
    // Eleven texts of 200,000 characters; a pattern that backtracks would take minutes.
    expect(performance.now() - begin).toBeLessThan(8_000)
  })
})
