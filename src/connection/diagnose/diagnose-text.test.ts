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
  // SDK for Java, versions 1 and 2.
  [
    `com.amazonaws.services.s3.model.AmazonS3Exception: ${denied('s3:PutObject', 'because no identity-based policy allows the s3:PutObject action')} (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 4Z1V6A8T1Q2R3S4T; S3 Extended Request ID: abc=; Proxy: null)`,
    'missing-permission',
    'permissions',
    's3:PutObject',
  ],
  [
    `software.amazon.awssdk.services.sts.model.StsException: User: arn:aws:sts::111111111111:assumed-role/app/w is not authorized to perform: sts:TagSession on resource: arn:aws:iam::${account}:role/export (Service: Sts, Status Code: 403, Request ID: 0f8a1c2d-1111-2222-3333-444455556666)`,
    'trust-tag-session',
    'assume-role',
    'sts:TagSession',
  ],
  // SDK for JavaScript, as `console.error` prints it.
  [
    `AccessDenied: ${denied('s3:PutObject', 'with an explicit deny in a resource-based policy')}
    at throwDefaultError (/app/node_modules/@smithy/smithy-client/dist-cjs/index.js:867:20) {
  '$fault': 'client',
  '$metadata': { httpStatusCode: 403, requestId: 'ABCDEF0123456789', attempts: 1 },
  Code: 'AccessDenied',
  HostId: 'x'
}`,
    'bucket-policy-deny',
    'bucket-policy',
    's3:PutObject',
  ],
  // SDK for Go, version 2.
  [
    'operation error STS: AssumeRole, https response error StatusCode: 400, RequestID: 0f8a1c2d-1111-2222-3333-444455556666, api error PackedPolicyTooLarge: Packed policy consumes 142% of allotted space, please use smaller policy.',
    'packed-policy-too-large',
    'assume-role',
    'sts:AssumeRole',
  ],
  // boto3 with a traceback around it.
  [
    `Traceback (most recent call last):
  File "/srv/export.py", line 41, in upload
    s3.put_object(Bucket="acme-audit", Key="a.pdf", Body=data)
botocore.exceptions.ClientError: An error occurred (AccessControlListNotSupported) when calling the PutObject operation: The bucket does not allow ACLs`,
    'acl-not-supported',
    'object',
    's3:PutObject',
  ],
  [
    'botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "https://acme-audit.s3.eu-centrl-1.amazonaws.com/a.pdf"',
    'not-reached',
    'object',
    'unknown',
  ],
  [
    'An error occurred (ValidationError) when calling the AssumeRole operation: arn:aws:iam::2222:role/export is invalid',
    'input-malformed',
    'assume-role',
    'sts:AssumeRole',
  ],
  // Azure's SDKs for Python and .NET.
  [
    `azure.core.exceptions.ClientAuthenticationError: Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.
RequestId:0f8a1c2d-1111-2222-3333-444455556666
Time:2026-03-01T10:00:00.0000000Z
ErrorCode:AuthenticationFailed
authenticationerrordetail:Signature did not match. String to sign used was cw`,
    'sas-signature-mangled',
    'sas-token',
    'unknown',
  ],
  [
    `Azure.RequestFailedException: This request is not authorized to perform this operation using this resource type.
Status: 403 (This request is not authorized to perform this operation using this resource type.)
ErrorCode: AuthorizationResourceTypeMismatch`,
    'sas-resource-type',
    'sas-token',
    'unknown',
  ],
  [
    '<Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>Signed expiry time [Thu, 01 Jan 2026 00:00:00 GMT] must be after signed start time [Fri, 02 Jan 2026 00:00:00 GMT]</AuthenticationErrorDetail></Error>',
    'sas-window-inverted',
    'sas-token',
    'unknown',
  ],
  [
    '<Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>Specified signed resource is not allowed for the this resource level</AuthenticationErrorDetail></Error>',
    'sas-other-resource',
    'sas-token',
    'unknown',
  ],
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
      permissions: 'unknown',
      'bucket-policy': 'unknown',
    })
  })

  it('draws no link red while causes on several fit, and says which it could be', () => {
    const bare = diagnoseText('An error occurred (AccessDenied) when calling the PutObject operation: Access Denied')
    expect(bare.causes.every(({ confidence }) => confidence === 'possible')).toBe(true)
    expect(bare.chain.links.filter(({ status }) => status === 'fail')).toEqual([])
    const suspects = bare.chain.links.filter(({ detail }) => detail.startsWith('it could be here: '))
    expect(suspects.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'permissions unknown',
      'bucket-policy unknown',
    ])
    expect(bare.summary).toContain('it could be permissions or bucket policy')
  })

  it('draws the one link red on which every cause that fits lies', () => {
    const token = diagnoseText(
      'An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity',
    )
    expect(token.causes.length).toBeGreaterThan(1)
    expect(token.chain.links.find(({ status }) => status === 'fail')?.id).toBe('assume-role')
    expect(token.summary).toContain('it does not tell more')
  })

  it('still tells what the next AssumeRole will meet when the words speak of the trust policy', () => {
    const diagnosis = diagnoseText(`S3 PutObject failed - Access Denied (403)
Identity: ${session}
IT added a requirement for specific source IP addresses in the trust policy.`)
    const cause = diagnosis.causes.find((one) => one.id === 'trust-source-ip')
    expect(cause?.confidence).toBe('possible')
    expect(cause?.because[0]).toBe('not this request, but the next AssumeRole would meet it')
  })

  it('hears a refusal that a client wrapped in a name of its own', () => {
    for (const text of [
      'Not authorized to perform sts:AssumeRole',
      '{"code":"ClientError","message":"Access Denied while assuming the role"}',
    ]) {
      const diagnosis = diagnoseText(text)
      expect(diagnosis.operation, text).toBe('sts:AssumeRole')
      expect(diagnosis.causes.map((cause) => cause.id)).toContain('trust-principal')
    }
  })

  it('keeps one sentence of AssumeRole to possible causes', () => {
    const diagnosis = diagnoseText(
      `An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:sts::111111111111:assumed-role/app/s is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${account}:role/R`,
    )
    expect(diagnosis.causes.length).toBeGreaterThan(3)
    expect(diagnosis.causes.every((cause) => cause.confidence === 'possible')).toBe(true)
    expect(diagnosis.nextStep).toContain('trust policy')
  })

  it('says what remains behind a session, and why a bare sentence is odd', () => {
    const diagnosis = diagnoseText(`S3 PutObject failed - Access Denied (403)\nIdentity: ${session}`)
    expect(diagnosis.ruledOut.join()).toContain('what remains: the permissions of the role')
    expect(diagnosis.notSeen.join()).toContain('names the policy type to callers of the bucket’s own account')
    const named = diagnoseText(denied('s3:PutObject', 'with an explicit deny in a resource-based policy'))
    expect(named.ruledOut.join()).not.toContain('what remains')
  })

  it('uses what the other target of the route says, told or read', () => {
    const text = `S3 PutObject failed - Access Denied (403)\nIdentity: ${session}`
    const side = 'which is on the AWS side'
    expect(diagnoseText(text).ruledOut.join()).not.toContain(side)
    expect(diagnoseText(text, { otherTargets: [{ service: 'azblob', ok: true }] }).ruledOut.join()).toContain(side)
    expect(diagnoseText(`${text}\nThe same report to Azure works.`).ruledOut.join()).toContain(side)
    for (const doubt of [
      'We have Azure as backup but haven’t tested if it works.',
      'Azure worked for six months.',
      'Azure Blob configured as backup.',
      'Does Azure work? If Azure works we are fine.',
    ]) {
      expect(diagnoseText(`${text}\n${doubt}`).ruledOut.join(), doubt).not.toContain(side)
    }
    const both = diagnoseText(text, { otherTargets: [{ service: 'azblob', ok: false }] })
    expect(both.ruledOut.join()).toContain('look first at what they share')
  })

  it('tells the values that the text shows', () => {
    const lines = (text: string): string => diagnoseText(text).causes[0]?.because.join() ?? ''
    expect(
      lines(
        '<Error><Code>RequestTimeTooSkewed</Code><RequestTime>20260301T100000Z</RequestTime><ServerTime>2026-03-01T10:20:00Z</ServerTime></Error>',
      ),
    ).toContain('20 minutes behind')
    expect(
      lines('SignatureDoesNotMatch: Signature expired: 20260301T100000Z is now earlier than 20260301T103000Z'),
    ).toContain('30 minutes behind')
    expect(
      lines(
        'AuthenticationFailed Signature not valid in the specified time frame: Start [Thu, 09 Jul 2020 10:11:03 GMT] - Expiry [Thu, 09 Jul 2020 18:11:03 GMT] - Current [Fri, 10 Jul 2020 10:16:22 GMT]',
      ),
    ).toContain('16 hours and 5 minutes before the call')
    expect(lines("AuthorizationHeaderMalformed: the region 'us-east-1' is wrong; expecting 'eu-central-1'")).toContain(
      'S3 expects `eu-central-1`, and the request was signed for `us-east-1`',
    )
    expect(
      lines(
        denied(
          's3:PutObject',
          'with an explicit deny in a service control policy: arn:aws:organizations::987654321098:policy/o-a/service_control_policy/p-b',
        ),
      ),
    ).toContain('`arn:aws:organizations::987654321098:policy/o-a/service_control_policy/p-b`')
  })

  it('takes from a CloudTrail event what the sentence does not say', () => {
    const event = {
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      awsRegion: 'eu-central-1',
      sourceIPAddress: '198.51.100.24',
      vpcEndpointId: 'vpce-0123456789abcdef0',
      errorCode: 'AccessDenied',
      errorMessage: `User: arn:aws:sts::111111111111:assumed-role/app/w is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${account}:role/export`,
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::111111111111:assumed-role/app/w',
        accountId: '111111111111',
      },
      requestParameters: {
        roleArn: `arn:aws:iam::${account}:role/export`,
        roleSessionName: 'dana',
        externalId: 'sent-id',
      },
    }
    const diagnosis = diagnoseText(
      `from the ticket:\n${JSON.stringify(event, null, 2)}\nplease help, the source IP matters`,
    )
    expect(diagnosis.operation).toBe('sts:AssumeRole')
    expect(diagnosis.notSeen.join()).toContain('CloudTrail saw the call come from `198.51.100.24`, by the VPC endpoint')
    const because = (id: string): string => diagnosis.causes.find((cause) => cause.id === id)?.because.join() ?? ''
    expect(because('trust-source-ip')).toContain('198.51.100.24')
    expect(because('external-id-mismatch')).toContain('`sent-id`')
    expect(because('trust-principal')).toContain('assumed-role/app/w')
  })

  it('hands on the id with which AWS itself explains', () => {
    const text = `${denied('s3:PutObject', 'with an explicit deny in a service control policy')}. Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/abcdef0123456789 for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: abcdef0123456789`
    expect(diagnoseText(text).nextStep).toContain('`abcdef0123456789`')
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
      '{"eventName":',
      'policy: arn:aws:iam::',
      'azure ',
    ]
    const begin = performance.now()
    for (const piece of pieces) diagnoseText(piece.repeat(Math.floor(200_000 / piece.length)))
    // Fourteen texts of 200,000 characters; a pattern that backtracks would take minutes.
    expect(performance.now() - begin).toBeLessThan(8_000)
  })
})
