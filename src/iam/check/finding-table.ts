/**
 * The one table of findings: severity, what to do, and the vendor's page. `docs/findings.md` is made from it and from
 * `finding-meanings.ts`, and a test asks for a case of every row.
 */

/**
 * `error`: AWS refuses the policy, or the part can not do what it says. `security-warning`: it lets in or out more than it
 * should. `warning`: it is probably not what was meant. `suggestion`: it could be simpler.
 */
export type Severity = 'error' | 'security-warning' | 'warning' | 'suggestion'

/** A row of the table. */
export interface FindingRow {
  readonly severity: Severity
  readonly help: string
  readonly see: string
}

/** Pages below docs.aws.amazon.com, without `.html`. */
const iam = 'IAM/latest/UserGuide'
const see = {
  checks: `${iam}/access-analyzer-reference-policy-checks`,
  grammar: `${iam}/reference_policies_grammar`,
  version: `${iam}/reference_policies_elements_version`,
  sid: `${iam}/reference_policies_elements_sid`,
  statement: `${iam}/reference_policies_elements_statement`,
  quotas: `${iam}/reference_iam-quotas`,
  action: `${iam}/reference_policies_elements_action`,
  notAction: `${iam}/reference_policies_elements_notaction`,
  resource: `${iam}/reference_policies_elements_resource`,
  notResource: `${iam}/reference_policies_elements_notresource`,
  principal: `${iam}/reference_policies_elements_principal`,
  notPrincipal: `${iam}/reference_policies_elements_notprincipal`,
  operators: `${iam}/reference_policies_elements_condition_operators`,
  condition: `${iam}/reference_policies_elements_condition`,
  keys: `${iam}/reference_policies_condition-keys`,
  multi: `${iam}/reference_policies_condition-single-vs-multi-valued-context-keys`,
  variables: `${iam}/reference_policies_variables`,
  arns: `${iam}/reference-arns`,
  identifiers: `${iam}/reference_identifiers`,
  externalId: `${iam}/id_roles_create_for-user_externalid`,
  thirdParty: `${iam}/id_roles_common-scenarios_third-party`,
  tags: `${iam}/id_session-tags`,
  sourceIdentity: `${iam}/id_credentials_temp_control-access_monitor`,
  bestPractices: `${iam}/best-practices`,
  passRole: `${iam}/id_roles_use_passrole`,
  confusedDeputy: `${iam}/confused-deputy`,
  boundary: `${iam}/access_policies_boundaries`,
  evaluation: `${iam}/reference_policies_evaluation-logic`,
  s3Actions: 'service-authorization/latest/reference/list_amazons3',
  services: 'service-authorization/latest/reference/reference_policies_actions-resources-contextkeys',
  s3Policy: 'AmazonS3/latest/userguide/bucket-policies',
  s3Public: 'AmazonS3/latest/userguide/access-control-block-public-access',
  keyPolicy: 'kms/latest/developerguide/key-policy-overview',
  keyDefault: 'kms/latest/developerguide/key-policy-default',
  kmsIam: 'kms/latest/developerguide/iam-policies-best-practices',
  rcp: 'organizations/latest/userguide/orgs_manage_policies_rcps_syntax',
  assumeRole: 'STS/latest/APIReference/API_AssumeRole',
  assumePolicy: 'IAM/latest/APIReference/API_UpdateAssumeRolePolicy',
} as const

/** Severity, help and page by id. */
const findingRows = {
  'json-syntax': [
    'error',
    'mend the JSON at the place shown; policies have no comments and no trailing commas',
    'grammar',
  ],
  'policy-grammar': ['error', 'bring the element into the form that the policy grammar gives it', 'grammar'],
  'bare-statement': ['error', 'wrap it: {"Version": "2012-10-17", "Statement": [ … ]}', 'grammar'],
  'unknown-element': ['error', 'spell the element as the grammar does; names are case-sensitive', 'grammar'],
  'empty-list': ['error', 'name what the statement is about, or remove the statement', 'grammar'],
  'no-statements': ['warning', 'add a statement, or remove the policy', 'statement'],
  'empty-condition': ['suggestion', 'remove the empty element', 'condition'],
  'character-not-allowed': ['error', 'write the character as a JSON escape, or put `?` for it', 'assumePolicy'],
  'policy-too-large': [
    'error',
    'split the policy, shorten lists with wildcards, or remove what other statements cover',
    'quotas',
  ],
  'policy-large': ['warning', 'make it smaller, or attach it in the way that has room', 'quotas'],
  'version-missing': ['warning', 'add "Version": "2012-10-17"', 'version'],
  'version-old': [
    'suggestion',
    'use "Version": "2012-10-17", unless the policy relies on variables being plain text',
    'version',
  ],
  'variable-needs-version': ['warning', 'add "Version": "2012-10-17"', 'variables'],
  'variable-malformed': [
    'warning',
    'close the variable with `}`, or write a dollar sign as `$` in such braces',
    'variables',
  ],
  'variable-unknown': [
    'warning',
    'name an existing context key; a variable without value matches nothing',
    'variables',
  ],
  'variable-misplaced': ['warning', 'use variables only in the last part of an ARN', 'variables'],
  placeholder: ['warning', 'put the real value in', 'checks'],
  'sid-not-unique': ['error', 'give each statement its own Sid, or none', 'sid'],
  'sid-repeated': ['warning', 'give each statement its own Sid, or none', 'sid'],
  'sid-characters': ['error', 'use A-Z, a-z and 0-9 only', 'sid'],
  'action-unknown-service': ['error', 'use the prefix from the service authorization reference', 'services'],
  'action-unknown': ['error', 'use an action from the service authorization reference', 'services'],
  'action-wrong-service': ['error', 'move the action to a policy of the right kind', 'checks'],
  'action-redundant': ['suggestion', 'remove the narrower action', 'action'],
  'not-action-allow': ['security-warning', 'list what is allowed with Action', 'notAction'],
  'allow-everything': ['security-warning', 'name the actions and resources that are needed', 'bestPractices'],
  'pass-role-any': ['security-warning', 'name the roles that may be passed', 'passRole'],
  'trust-action-wildcard': [
    'warning',
    'name `sts:AssumeRole`, and in their own statements `sts:TagSession` and `sts:SetSourceIdentity`',
    'thirdParty',
  ],
  'trust-action-principal': [
    'warning',
    'use sts:AssumeRole for AWS principals and services, sts:AssumeRoleWithSAML or …WithWebIdentity for providers',
    'principal',
  ],
  'resource-in-trust': ['error', 'remove the Resource', 'principal'],
  'resource-missing': ['error', 'add the Resource', 'resource'],
  'arn-malformed': ['error', 'write arn:partition:service:region:account:resource as the service wants it', 'arns'],
  'account-id': ['error', 'use the twelve digits of the account, with leading zeros', 'arns'],
  's3-object-action-on-bucket': ['error', 'append `/*`, or `/prefix/*`, to the ARN of the bucket', 's3Actions'],
  's3-bucket-action-on-objects': ['error', 'name the bucket itself: its ARN without `/` and what follows', 's3Actions'],
  's3-wildcard-misses-objects': ['warning', 'add the ARN of the objects: the bucket with `/*`', 's3Actions'],
  'action-resource-mismatch': [
    'error',
    'name a resource of the right type, or `*` where the action works on none',
    'services',
  ],
  'resource-without-action': ['warning', 'remove the resource, or add the action that was meant for it', 'services'],
  'resource-redundant': ['suggestion', 'remove the narrower resource', 'resource'],
  'not-resource-allow': ['security-warning', 'list what is allowed with Resource', 'notResource'],
  's3-write-any-bucket': ['security-warning', 'name the bucket and the prefix', 'bestPractices'],
  'kms-any-key': ['security-warning', 'name the keys by ARN', 'kmsIam'],
  'bucket-policy-resource': ['error', 'name one bucket and its objects', 's3Policy'],
  'key-policy-resource': ['warning', 'write "Resource": "*"', 'keyPolicy'],
  'principal-not-allowed': ['error', 'remove the Principal', 'principal'],
  'principal-missing': ['error', 'add the Principal', 'principal'],
  'principal-malformed': [
    'error',
    'name a role, user or account by ARN, a service by its domain, or a provider',
    'principal',
  ],
  'principal-wildcard-part': ['error', 'name it in full, or use `*` with a condition on aws:PrincipalArn', 'principal'],
  'principal-dead': ['error', 'name the role or user again by ARN', 'identifiers'],
  'principal-repeated': ['suggestion', 'remove one of the two', 'principal'],
  'not-principal-allow': ['security-warning', 'name with Principal who is allowed', 'notPrincipal'],
  'not-principal-deny': [
    'warning',
    'use "Principal": "*" with a condition ArnNotEquals on aws:PrincipalArn',
    'notPrincipal',
  ],
  'not-principal-refused': ['error', 'use Principal', 'notPrincipal'],
  'trust-anybody': ['security-warning', 'name the vendor’s role as the principal', 'thirdParty'],
  'trust-account': ['security-warning', 'name the one role, or add a condition on aws:PrincipalArn', 'principal'],
  'bucket-public': [
    'security-warning',
    'name the principals, or limit with a fixed aws:PrincipalOrgID, aws:PrincipalArn or the like',
    's3Public',
  ],
  'key-anybody': ['security-warning', 'name the principals, or add a condition on kms:CallerAccount', 'keyPolicy'],
  'service-unguarded': ['security-warning', 'add a condition on aws:SourceArn or aws:SourceAccount', 'confusedDeputy'],
  'key-unmanageable': [
    'warning',
    'add the statement that delegates to the account: its root as principal, kms:* on `*`',
    'keyDefault',
  ],
  'external-id-missing': [
    'security-warning',
    'add StringEquals on sts:ExternalId with the id that the vendor gave',
    'externalId',
  ],
  'external-id-wildcard': ['security-warning', 'demand the one id with StringEquals', 'externalId'],
  'external-id-optional': ['security-warning', 'use plain StringEquals', 'externalId'],
  'external-id-negated': ['security-warning', 'use StringEquals', 'externalId'],
  'external-id-operator': ['warning', 'use StringEquals; the id is compared as it stands', 'externalId'],
  'external-id-several': ['warning', 'keep the one that is in use', 'externalId'],
  'external-id-form': ['error', 'use 2 to 1224 letters, digits and _+=,.@:/-', 'assumeRole'],
  'external-id-wrong-action': [
    'error',
    'keep the External ID on sts:AssumeRole, and give the other action a statement of its own',
    'externalId',
  ],
  'external-id-other': ['error', 'put the External ID of this connection in', 'externalId'],
  'tag-session-missing': ['error', 'add a statement that allows sts:TagSession to the principal', 'tags'],
  'tag-keys-other': ['error', 'add the tag key to aws:TagKeys', 'tags'],
  'source-identity-missing': [
    'error',
    'add a statement that allows sts:SetSourceIdentity to the principal',
    'sourceIdentity',
  ],
  'vendor-missing': ['error', 'name our principal', 'thirdParty'],
  'vendor-several': ['warning', 'keep the one that the vendor calls as', 'thirdParty'],
  'vendor-network': ['error', 'remove the condition; the External ID and the principal narrow the trust', 'keys'],
  'vendor-address': ['warning', 'remove the condition, or list the egress addresses that we declare', 'keys'],
  'vendor-organization': ['error', 'remove the condition, or except our principal', 'keys'],
  'vendor-mfa': ['error', 'remove the condition', 'keys'],
  'operator-unknown': ['error', 'spell the operator as the reference does', 'operators'],
  'operator-type': ['error', 'use the operators for the type of the key', 'operators'],
  'condition-key-unknown': [
    'error',
    'use a key from the reference; a condition on an absent key does not hold',
    'keys',
  ],
  'condition-key-not-in-action': ['warning', 'give the action a statement without the condition', 'services'],
  'condition-key-twice': ['error', 'join the two', 'condition'],
  'condition-without-values': ['warning', 'list the values, or remove the condition', 'condition'],
  'value-repeated': ['suggestion', 'remove one of the two', 'condition'],
  'value-number': ['error', 'write a decimal number', 'operators'],
  'value-date': ['error', 'write ISO 8601, or seconds since 1970', 'operators'],
  'value-bool': ['error', 'write true or false', 'operators'],
  'value-binary': ['error', 'write base64', 'operators'],
  'value-address': ['error', 'write an address or a range such as 203.0.113.0/24', 'operators'],
  'value-arn': ['error', 'write an ARN of six segments, with wildcards where any will do', 'operators'],
  'address-host-bits': ['suggestion', 'write the range with its first address', 'operators'],
  'address-private': ['warning', 'use the public address, or aws:VpcSourceIp behind a VPC endpoint', 'keys'],
  'address-everything': ['security-warning', 'remove the range, or narrow it', 'keys'],
  'wildcard-not-like': ['warning', 'use the operator StringLike', 'operators'],
  'set-operator-missing': ['error', 'add the set operator that is meant', 'multi'],
  'set-operator-needless': ['warning', 'remove ForAnyValue or ForAllValues', 'multi'],
  'for-all-values-allow': ['security-warning', 'add {"Null": {"<key>": "false"}} beside it', 'multi'],
  'deny-hits-services': ['suggestion', 'add "Bool": {"aws:ViaAWSService": "false"}', 'keys'],
  'statement-redundant': ['suggestion', 'remove the narrower statement', 'statement'],
  'statement-shadowed': ['warning', 'remove the one or narrow the other', 'evaluation'],
  'limit-without-allow': ['warning', 'add an Allow for what may remain', 'boundary'],
  'rcp-form': ['error', 'use "Effect": "Deny", "Principal": "*" and actions such as s3:*', 'rcp'],
} as const satisfies Readonly<Record<string, readonly [severity: Severity, help: string, page: keyof typeof see]>>

/** The name of a kind of finding; stable, so that it can be searched for and switched off. */
export type FindingId = keyof typeof findingRows

/** The row of a finding. */
export function findingRow(id: FindingId): FindingRow {
  const [severity, help, page] = findingRows[id]
  return { severity, help, see: `https://docs.aws.amazon.com/${see[page]}.html` }
}
