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

/** Severity and help by id, under the page below docs.aws.amazon.com (without `.html`) that says so. */
const findingPages = {
  'IAM/latest/UserGuide/access-analyzer-reference-policy-checks': {
    placeholder: ['warning', 'put the real value in'],
    'action-wrong-service': ['error', 'move the action to a policy of the right kind'],
  },
  'IAM/latest/UserGuide/reference_policies_grammar': {
    'json-syntax': ['error', 'mend the JSON at the place shown; policies have no comments and no trailing commas'],
    'policy-grammar': ['error', 'bring the element into the form that the policy grammar gives it'],
    'bare-statement': ['error', 'wrap it: {"Version": "2012-10-17", "Statement": [ … ]}'],
    'unknown-element': ['error', 'spell the element as the grammar does; names are case-sensitive'],
    'empty-list': ['error', 'name what the statement is about, or remove the statement'],
  },
  'IAM/latest/UserGuide/reference_policies_elements_version': {
    'version-missing': ['warning', 'add "Version": "2012-10-17"'],
    'version-old': [
      'suggestion',
      'use "Version": "2012-10-17", unless the policy relies on variables being plain text',
    ],
  },
  'IAM/latest/UserGuide/reference_policies_elements_sid': {
    'sid-not-unique': ['error', 'give each statement its own Sid, or none'],
    'sid-repeated': ['warning', 'give each statement its own Sid, or none'],
    'sid-characters': ['error', 'use A-Z, a-z and 0-9 only'],
  },
  'IAM/latest/UserGuide/reference_policies_elements_statement': {
    'no-statements': ['warning', 'add a statement, or remove the policy'],
    'statement-redundant': ['suggestion', 'remove the narrower statement'],
  },
  'IAM/latest/UserGuide/reference_iam-quotas': {
    'policy-too-large': [
      'error',
      'split the policy, shorten lists with wildcards, or remove what other statements cover',
    ],
    'policy-large': ['warning', 'make it smaller, or attach it in the way that has room'],
  },
  'IAM/latest/UserGuide/reference_policies_elements_action': {
    'action-redundant': ['suggestion', 'remove the narrower action'],
  },
  'IAM/latest/UserGuide/reference_policies_elements_notaction': {
    'not-action-allow': ['security-warning', 'list what is allowed with Action'],
  },
  'IAM/latest/UserGuide/reference_policies_elements_resource': {
    'resource-missing': ['error', 'add the Resource'],
    'resource-redundant': ['suggestion', 'remove the narrower resource'],
  },
  'IAM/latest/UserGuide/reference_policies_elements_notresource': {
    'not-resource-allow': ['security-warning', 'list what is allowed with Resource'],
  },
  'IAM/latest/UserGuide/reference_policies_elements_principal': {
    'trust-action-principal': [
      'warning',
      'use sts:AssumeRole for AWS principals and services, sts:AssumeRoleWithSAML or …WithWebIdentity for providers',
    ],
    'resource-in-trust': ['error', 'remove the Resource'],
    'principal-not-allowed': ['error', 'remove the Principal'],
    'principal-missing': ['error', 'add the Principal'],
    'principal-malformed': ['error', 'name a role, user or account by ARN, a service by its domain, or a provider'],
    'principal-wildcard-part': ['error', 'name it in full, or use `*` with a condition on aws:PrincipalArn'],
    'principal-repeated': ['suggestion', 'remove one of the two'],
    'trust-account': ['security-warning', 'name the one role, or add a condition on aws:PrincipalArn'],
  },
  'IAM/latest/UserGuide/reference_policies_elements_notprincipal': {
    'not-principal-allow': ['security-warning', 'name with Principal who is allowed'],
    'not-principal-deny': ['warning', 'use "Principal": "*" with a condition ArnNotEquals on aws:PrincipalArn'],
    'not-principal-refused': ['error', 'use Principal'],
  },
  'IAM/latest/UserGuide/reference_policies_elements_condition_operators': {
    'operator-unknown': ['error', 'spell the operator as the reference does'],
    'operator-type': ['error', 'use the operators for the type of the key'],
    'value-number': ['error', 'write a decimal number'],
    'value-date': ['error', 'write ISO 8601, or seconds since 1970'],
    'value-bool': ['error', 'write true or false'],
    'value-binary': ['error', 'write base64'],
    'value-address': ['error', 'write an address or a range such as 203.0.113.0/24'],
    'value-arn': ['error', 'write an ARN of six segments, with wildcards where any will do'],
    'address-host-bits': ['suggestion', 'write the range with its first address'],
    'wildcard-not-like': ['warning', 'use the operator StringLike'],
  },
  'IAM/latest/UserGuide/reference_policies_elements_condition': {
    'empty-condition': ['suggestion', 'remove the empty element'],
    'condition-key-twice': ['error', 'join the two'],
    'condition-without-values': ['warning', 'list the values, or remove the condition'],
    'value-repeated': ['suggestion', 'remove one of the two'],
  },
  'IAM/latest/UserGuide/reference_policies_condition-keys': {
    'vendor-network': ['error', 'remove the condition; the External ID and the principal narrow the trust'],
    'vendor-address': ['warning', 'remove the condition, or list the egress addresses that we declare'],
    'vendor-organization': ['error', 'remove the condition, or except our principal'],
    'vendor-mfa': ['error', 'remove the condition'],
    'condition-key-unknown': ['error', 'use a key from the reference; a condition on an absent key does not hold'],
    'address-private': ['warning', 'use the public address, or aws:VpcSourceIp behind a VPC endpoint'],
    'address-everything': ['security-warning', 'remove the range, or narrow it'],
    'deny-hits-services': ['suggestion', 'add "Bool": {"aws:ViaAWSService": "false"}'],
  },
  'IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys': {
    'set-operator-missing': ['error', 'add the set operator that is meant'],
    'set-operator-needless': ['warning', 'remove ForAnyValue or ForAllValues'],
    'for-all-values-allow': ['security-warning', 'add {"Null": {"<key>": "false"}} beside it'],
  },
  'IAM/latest/UserGuide/reference_policies_variables': {
    'variable-needs-version': ['warning', 'add "Version": "2012-10-17"'],
    'variable-malformed': ['warning', 'close the variable with `}`, or write a dollar sign as `$` in such braces'],
    'variable-unknown': ['warning', 'name an existing context key; a variable without value matches nothing'],
    'variable-misplaced': ['warning', 'use variables only in the last part of an ARN'],
  },
  'IAM/latest/UserGuide/reference-arns': {
    'arn-malformed': ['error', 'write arn:partition:service:region:account:resource as the service wants it'],
    'account-id': ['error', 'use the twelve digits of the account, with leading zeros'],
  },
  'IAM/latest/UserGuide/reference_identifiers': {
    'principal-dead': ['error', 'name the role or user again by ARN'],
  },
  'IAM/latest/UserGuide/id_roles_create_for-user_externalid': {
    'external-id-missing': ['security-warning', 'add StringEquals on sts:ExternalId with the id that the vendor gave'],
    'external-id-wildcard': ['security-warning', 'demand the one id with StringEquals'],
    'external-id-optional': ['security-warning', 'use plain StringEquals'],
    'external-id-negated': ['security-warning', 'use StringEquals'],
    'external-id-operator': ['warning', 'use StringEquals; the id is compared as it stands'],
    'external-id-several': ['warning', 'keep the one that is in use'],
    'external-id-wrong-action': [
      'error',
      'keep the External ID on sts:AssumeRole, and give the other action a statement of its own',
    ],
    'external-id-other': ['error', 'put the External ID of this connection in'],
  },
  'IAM/latest/UserGuide/id_roles_common-scenarios_third-party': {
    'trust-action-wildcard': [
      'warning',
      'name `sts:AssumeRole`, and in their own statements `sts:TagSession` and `sts:SetSourceIdentity`',
    ],
    'trust-anybody': ['security-warning', 'name the vendor’s role as the principal'],
    'vendor-missing': ['error', 'name our principal'],
    'vendor-several': ['warning', 'keep the one that the vendor calls as'],
  },
  'IAM/latest/UserGuide/id_roles_create_for-idp_oidc': {
    'token-subject-missing': [
      'security-warning',
      'add StringEquals on the `sub` key of the provider with the one subject that may come',
    ],
    'token-subject-wildcard': ['warning', 'name the one subject with StringEquals, unless all of them may come'],
    'token-audience-missing': [
      'warning',
      'add StringEquals on the `aud` key of the provider with the audience of your tokens',
    ],
  },
  'IAM/latest/UserGuide/id_session-tags': {
    'tag-session-missing': ['error', 'add a statement that allows sts:TagSession to the principal'],
    'tag-keys-other': ['error', 'add the tag key to aws:TagKeys'],
  },
  'IAM/latest/UserGuide/id_credentials_temp_control-access_monitor': {
    'source-identity-missing': ['error', 'add a statement that allows sts:SetSourceIdentity to the principal'],
  },
  'IAM/latest/UserGuide/best-practices': {
    'allow-everything': ['security-warning', 'name the actions and resources that are needed'],
    's3-write-any-bucket': ['security-warning', 'name the bucket and the prefix'],
  },
  'IAM/latest/UserGuide/id_roles_use_passrole': {
    'pass-role-any': ['security-warning', 'name the roles that may be passed'],
  },
  'IAM/latest/UserGuide/confused-deputy': {
    'service-unguarded': ['security-warning', 'add a condition on aws:SourceArn or aws:SourceAccount'],
  },
  'IAM/latest/UserGuide/access_policies_boundaries': {
    'limit-without-allow': ['warning', 'add an Allow for what may remain'],
  },
  'IAM/latest/UserGuide/reference_policies_evaluation-logic': {
    'statement-shadowed': ['warning', 'remove the one or narrow the other'],
  },
  'service-authorization/latest/reference/list_amazons3': {
    's3-object-action-on-bucket': ['error', 'append `/*`, or `/prefix/*`, to the ARN of the bucket'],
    's3-bucket-action-on-objects': ['error', 'name the bucket itself: its ARN without `/` and what follows'],
    's3-wildcard-misses-objects': ['warning', 'add the ARN of the objects: the bucket with `/*`'],
  },
  'service-authorization/latest/reference/reference_policies_actions-resources-contextkeys': {
    'action-unknown-service': ['error', 'use the prefix from the service authorization reference'],
    'action-unknown': ['error', 'use an action from the service authorization reference'],
    'action-resource-mismatch': ['error', 'name a resource of the right type, or `*` where the action works on none'],
    'resource-without-action': ['warning', 'remove the resource, or add the action that was meant for it'],
    'condition-key-not-in-action': ['warning', 'give the action a statement without the condition'],
  },
  'AmazonS3/latest/userguide/bucket-policies': {
    'bucket-policy-resource': ['error', 'name one bucket and its objects'],
  },
  'AmazonS3/latest/userguide/access-control-block-public-access': {
    'bucket-public': [
      'security-warning',
      'name the principals, or limit with a fixed aws:PrincipalOrgID, aws:PrincipalArn or the like',
    ],
  },
  'kms/latest/developerguide/key-policy-overview': {
    'key-policy-resource': ['warning', 'write "Resource": "*"'],
    'key-anybody': ['security-warning', 'name the principals, or add a condition on kms:CallerAccount'],
  },
  'kms/latest/developerguide/key-policy-default': {
    'key-unmanageable': [
      'warning',
      'add the statement that delegates to the account: its root as principal, kms:* on `*`',
    ],
  },
  'kms/latest/developerguide/iam-policies-best-practices': {
    'kms-any-key': ['security-warning', 'name the keys by ARN'],
  },
  'organizations/latest/userguide/orgs_manage_policies_rcps_syntax': {
    'rcp-form': ['error', 'use "Effect": "Deny", "Principal": "*" and actions such as s3:*'],
  },
  'STS/latest/APIReference/API_AssumeRole': {
    'external-id-form': ['error', 'use 2 to 1224 letters, digits and _+=,.@:/-'],
  },
  'IAM/latest/APIReference/API_UpdateAssumeRolePolicy': {
    'character-not-allowed': ['error', 'write the character as a JSON escape, or put `?` for it'],
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, readonly [severity: Severity, help: string]>>>>

type Pages = typeof findingPages
type KeysOfUnion<T> = T extends T ? keyof T & string : never

/** The name of a kind of finding; stable, so that it can be searched for and switched off. */
export type FindingId = KeysOfUnion<Pages[keyof Pages]>

/** The row of a finding. */
export function findingRow(id: FindingId): FindingRow {
  const pages: Readonly<Record<string, Readonly<Partial<Record<FindingId, readonly [Severity, string]>>>>> =
    findingPages
  for (const [page, rows] of Object.entries(pages)) {
    const row = rows[id]
    if (row !== undefined) return { severity: row[0], help: row[1], see: `https://docs.aws.amazon.com/${page}.html` }
  }
  throw new TypeError(`there is no finding \`${id}\``)
}
