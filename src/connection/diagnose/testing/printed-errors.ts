/** Errors as tools print them, each with the class that must come first. */
/** The customer’s. */
export const account = '222222222222'
/** Whom the texts are about. */
export const session = `arn:aws:sts::${account}:assumed-role/export/dana`
/** The sentence of a refusal within one account. */
export const denied = (action: string, tail: string): string =>
  `User: ${session} is not authorized to perform: ${action} on resource: "arn:aws:s3:::acme-audit/a.pdf" ${tail}`

/** Texts in the forms that tools print, the class that must come first, and the link that must be red. */
export const texts: readonly (readonly [text: string, id: string, link: string, operation: string])[] = [
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
