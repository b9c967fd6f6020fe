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

const iam = 'https://docs.aws.amazon.com/IAM/latest/UserGuide'
const see = {
  checks: `${iam}/access-analyzer-reference-policy-checks.html`,
  grammar: `${iam}/reference_policies_grammar.html`,
  version: `${iam}/reference_policies_elements_version.html`,
  sid: `${iam}/reference_policies_elements_sid.html`,
  statement: `${iam}/reference_policies_elements_statement.html`,
  quotas: `${iam}/reference_iam-quotas.html`,
  action: `${iam}/reference_policies_elements_action.html`,
  notAction: `${iam}/reference_policies_elements_notaction.html`,
  resource: `${iam}/reference_policies_elements_resource.html`,
  notResource: `${iam}/reference_policies_elements_notresource.html`,
  principal: `${iam}/reference_policies_elements_principal.html`,
  notPrincipal: `${iam}/reference_policies_elements_notprincipal.html`,
  operators: `${iam}/reference_policies_elements_condition_operators.html`,
  condition: `${iam}/reference_policies_elements_condition.html`,
  keys: `${iam}/reference_policies_condition-keys.html`,
  multi: `${iam}/reference_policies_condition-single-vs-multi-valued-context-keys.html`,
  variables: `${iam}/reference_policies_variables.html`,
  arns: `${iam}/reference-arns.html`,
  identifiers: `${iam}/reference_identifiers.html`,
  externalId: `${iam}/id_roles_create_for-user_externalid.html`,
  thirdParty: `${iam}/id_roles_common-scenarios_third-party.html`,
  tags: `${iam}/id_session-tags.html`,
  sourceIdentity: `${iam}/id_credentials_temp_control-access_monitor.html`,
  bestPractices: `${iam}/best-practices.html`,
  passRole: `${iam}/id_roles_use_passrole.html`,
  confusedDeputy: `${iam}/confused-deputy.html`,
  boundary: `${iam}/access_policies_boundaries.html`,
  evaluation: `${iam}/reference_policies_evaluation-logic.html`,
  s3Actions: 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html',
  services:
    'https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html',
  s3Policy: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html',
  s3Public: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html',
  keyPolicy: 'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html',
  keyDefault: 'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html',
  kmsIam: 'https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html',
  rcp: 'https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html',
  assumeRole: 'https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html',
  assumePolicy: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html',
} as const

/** The rows by id. */
const findingRows = {
  'json-syntax': {
    severity: 'error',
    help: 'mend the JSON at the place shown; policies have no comments and no trailing commas',
    see: see.grammar,
  },
  'policy-grammar': {
    severity: 'error',
    help: 'bring the element into the form that the policy grammar gives it',
    see: see.grammar,
  },
  'bare-statement': {
    severity: 'error',
    help: 'wrap it: {"Version": "2012-10-17", "Statement": [ … ]}',
    see: see.grammar,
  },
  'unknown-element': {
    severity: 'error',
    help: 'spell the element as the grammar does; names are case-sensitive',
    see: see.grammar,
  },
  'empty-list': {
    severity: 'error',
    help: 'name what the statement is about, or remove the statement',
    see: see.grammar,
  },
  'no-statements': {
    severity: 'warning',
    help: 'add a statement, or remove the policy',
    see: see.statement,
  },
  'empty-condition': {
    severity: 'suggestion',
    help: 'remove the empty element',
    see: see.condition,
  },
  'character-not-allowed': {
    severity: 'error',
    help: 'write the character as a JSON escape, or put `?` for it',
    see: see.assumePolicy,
  },
  'policy-too-large': {
    severity: 'error',
    help: 'split the policy, shorten lists with wildcards, or remove what other statements cover',
    see: see.quotas,
  },
  'policy-large': {
    severity: 'warning',
    help: 'make it smaller, or attach it in the way that has room',
    see: see.quotas,
  },
  'version-missing': {
    severity: 'warning',
    help: 'add "Version": "2012-10-17"',
    see: see.version,
  },
  'version-old': {
    severity: 'suggestion',
    help: 'use "Version": "2012-10-17", unless the policy relies on variables being plain text',
    see: see.version,
  },
  'variable-needs-version': {
    severity: 'warning',
    help: 'add "Version": "2012-10-17"',
    see: see.variables,
  },
  'variable-malformed': {
    severity: 'warning',
    help: 'close the variable with `}`, or write a dollar sign as `$` in such braces',
    see: see.variables,
  },
  'variable-unknown': {
    severity: 'warning',
    help: 'name an existing context key; a variable without value matches nothing',
    see: see.variables,
  },
  'variable-misplaced': {
    severity: 'warning',
    help: 'use variables only in the last part of an ARN',
    see: see.variables,
  },
  placeholder: {
    severity: 'warning',
    help: 'put the real value in',
    see: see.checks,
  },
  'sid-not-unique': {
    severity: 'error',
    help: 'give each statement its own Sid, or none',
    see: see.sid,
  },
  'sid-repeated': {
    severity: 'warning',
    help: 'give each statement its own Sid, or none',
    see: see.sid,
  },
  'sid-characters': {
    severity: 'error',
    help: 'use A-Z, a-z and 0-9 only',
    see: see.sid,
  },
  'action-unknown-service': {
    severity: 'error',
    help: 'use the prefix from the service authorization reference',
    see: see.services,
  },
  'action-unknown': {
    severity: 'error',
    help: 'use an action from the service authorization reference',
    see: see.services,
  },
  'action-wrong-service': {
    severity: 'error',
    help: 'move the action to a policy of the right kind',
    see: see.checks,
  },
  'action-redundant': {
    severity: 'suggestion',
    help: 'remove the narrower action',
    see: see.action,
  },
  'not-action-allow': {
    severity: 'security-warning',
    help: 'list what is allowed with Action',
    see: see.notAction,
  },
  'allow-everything': {
    severity: 'security-warning',
    help: 'name the actions and resources that are needed',
    see: see.bestPractices,
  },
  'pass-role-any': {
    severity: 'security-warning',
    help: 'name the roles that may be passed',
    see: see.passRole,
  },
  'trust-action-wildcard': {
    severity: 'warning',
    help: 'name `sts:AssumeRole`, and in their own statements `sts:TagSession` and `sts:SetSourceIdentity`',
    see: see.thirdParty,
  },
  'trust-action-principal': {
    severity: 'warning',
    help: 'use sts:AssumeRole for AWS principals and services, sts:AssumeRoleWithSAML or …WithWebIdentity for providers',
    see: see.principal,
  },
  'resource-in-trust': {
    severity: 'error',
    help: 'remove the Resource',
    see: see.principal,
  },
  'resource-missing': {
    severity: 'error',
    help: 'add the Resource',
    see: see.resource,
  },
  'arn-malformed': {
    severity: 'error',
    help: 'write arn:partition:service:region:account:resource as the service wants it',
    see: see.arns,
  },
  'account-id': {
    severity: 'error',
    help: 'use the twelve digits of the account, with leading zeros',
    see: see.arns,
  },
  's3-object-action-on-bucket': {
    severity: 'error',
    help: 'append `/*`, or `/prefix/*`, to the ARN of the bucket',
    see: see.s3Actions,
  },
  's3-bucket-action-on-objects': {
    severity: 'error',
    help: 'name the bucket itself: its ARN without `/` and what follows',
    see: see.s3Actions,
  },
  's3-wildcard-misses-objects': {
    severity: 'warning',
    help: 'add the ARN of the objects: the bucket with `/*`',
    see: see.s3Actions,
  },
  'action-resource-mismatch': {
    severity: 'error',
    help: 'name a resource of the right type, or `*` where the action works on none',
    see: see.services,
  },
  'resource-without-action': {
    severity: 'warning',
    help: 'remove the resource, or add the action that was meant for it',
    see: see.services,
  },
  'resource-redundant': {
    severity: 'suggestion',
    help: 'remove the narrower resource',
    see: see.resource,
  },
  'not-resource-allow': {
    severity: 'security-warning',
    help: 'list what is allowed with Resource',
    see: see.notResource,
  },
  's3-write-any-bucket': {
    severity: 'security-warning',
    help: 'name the bucket and the prefix',
    see: see.bestPractices,
  },
  'kms-any-key': {
    severity: 'security-warning',
    help: 'name the keys by ARN',
    see: see.kmsIam,
  },
  'bucket-policy-resource': {
    severity: 'error',
    help: 'name one bucket and its objects',
    see: see.s3Policy,
  },
  'key-policy-resource': {
    severity: 'warning',
    help: 'write "Resource": "*"',
    see: see.keyPolicy,
  },
  'principal-not-allowed': {
    severity: 'error',
    help: 'remove the Principal',
    see: see.principal,
  },
  'principal-missing': {
    severity: 'error',
    help: 'add the Principal',
    see: see.principal,
  },
  'principal-malformed': {
    severity: 'error',
    help: 'name a role, user or account by ARN, a service by its domain, or a provider',
    see: see.principal,
  },
  'principal-wildcard-part': {
    severity: 'error',
    help: 'name it in full, or use `*` with a condition on aws:PrincipalArn',
    see: see.principal,
  },
  'principal-dead': {
    severity: 'error',
    help: 'name the role or user again by ARN',
    see: see.identifiers,
  },
  'principal-repeated': {
    severity: 'suggestion',
    help: 'remove one of the two',
    see: see.principal,
  },
  'not-principal-allow': {
    severity: 'security-warning',
    help: 'name with Principal who is allowed',
    see: see.notPrincipal,
  },
  'not-principal-deny': {
    severity: 'warning',
    help: 'use "Principal": "*" with a condition ArnNotEquals on aws:PrincipalArn',
    see: see.notPrincipal,
  },
  'not-principal-refused': {
    severity: 'error',
    help: 'use Principal',
    see: see.notPrincipal,
  },
  'trust-anybody': {
    severity: 'security-warning',
    help: 'name the vendor’s role as the principal',
    see: see.thirdParty,
  },
  'trust-account': {
    severity: 'security-warning',
    help: 'name the one role, or add a condition on aws:PrincipalArn',
    see: see.principal,
  },
  'bucket-public': {
    severity: 'security-warning',
    help: 'name the principals, or limit with a fixed aws:PrincipalOrgID, aws:PrincipalArn or the like',
    see: see.s3Public,
  },
  'key-anybody': {
    severity: 'security-warning',
    help: 'name the principals, or add a condition on kms:CallerAccount',
    see: see.keyPolicy,
  },
  'service-unguarded': {
    severity: 'security-warning',
    help: 'add a condition on aws:SourceArn or aws:SourceAccount',
    see: see.confusedDeputy,
  },
  'key-unmanageable': {
    severity: 'warning',
    help: 'add the statement that delegates to the account: its root as principal, kms:* on `*`',
    see: see.keyDefault,
  },
  'external-id-missing': {
    severity: 'security-warning',
    help: 'add StringEquals on sts:ExternalId with the id that the vendor gave',
    see: see.externalId,
  },
  'external-id-wildcard': {
    severity: 'security-warning',
    help: 'demand the one id with StringEquals',
    see: see.externalId,
  },
  'external-id-optional': {
    severity: 'security-warning',
    help: 'use plain StringEquals',
    see: see.externalId,
  },
  'external-id-negated': {
    severity: 'security-warning',
    help: 'use StringEquals',
    see: see.externalId,
  },
  'external-id-operator': {
    severity: 'warning',
    help: 'use StringEquals; the id is compared as it stands',
    see: see.externalId,
  },
  'external-id-several': {
    severity: 'warning',
    help: 'keep the one that is in use',
    see: see.externalId,
  },
  'external-id-form': {
    severity: 'error',
    help: 'use 2 to 1224 letters, digits and _+=,.@:/-',
    see: see.assumeRole,
  },
  'external-id-wrong-action': {
    severity: 'error',
    help: 'keep the External ID on sts:AssumeRole, and give the other action a statement of its own',
    see: see.externalId,
  },
  'external-id-other': {
    severity: 'error',
    help: 'put the External ID of this connection in',
    see: see.externalId,
  },
  'tag-session-missing': {
    severity: 'error',
    help: 'add a statement that allows sts:TagSession to the principal',
    see: see.tags,
  },
  'tag-keys-other': {
    severity: 'error',
    help: 'add the tag key to aws:TagKeys',
    see: see.tags,
  },
  'source-identity-missing': {
    severity: 'error',
    help: 'add a statement that allows sts:SetSourceIdentity to the principal',
    see: see.sourceIdentity,
  },
  'vendor-missing': {
    severity: 'error',
    help: 'name our principal',
    see: see.thirdParty,
  },
  'vendor-several': {
    severity: 'warning',
    help: 'keep the one that the vendor calls as',
    see: see.thirdParty,
  },
  'vendor-network': {
    severity: 'error',
    help: 'remove the condition; the External ID and the principal narrow the trust',
    see: see.keys,
  },
  'vendor-address': {
    severity: 'warning',
    help: 'remove the condition, or list the egress addresses that we declare',
    see: see.keys,
  },
  'vendor-organization': {
    severity: 'error',
    help: 'remove the condition, or except our principal',
    see: see.keys,
  },
  'vendor-mfa': {
    severity: 'error',
    help: 'remove the condition',
    see: see.keys,
  },
  'operator-unknown': {
    severity: 'error',
    help: 'spell the operator as the reference does',
    see: see.operators,
  },
  'operator-type': {
    severity: 'error',
    help: 'use the operators for the type of the key',
    see: see.operators,
  },
  'condition-key-unknown': {
    severity: 'error',
    help: 'use a key from the reference; a condition on an absent key does not hold',
    see: see.keys,
  },
  'condition-key-not-in-action': {
    severity: 'warning',
    help: 'give the action a statement without the condition',
    see: see.services,
  },
  'condition-key-twice': {
    severity: 'error',
    help: 'join the two',
    see: see.condition,
  },
  'condition-without-values': {
    severity: 'warning',
    help: 'list the values, or remove the condition',
    see: see.condition,
  },
  'value-repeated': {
    severity: 'suggestion',
    help: 'remove one of the two',
    see: see.condition,
  },
  'value-number': {
    severity: 'error',
    help: 'write a decimal number',
    see: see.operators,
  },
  'value-date': {
    severity: 'error',
    help: 'write ISO 8601, or seconds since 1970',
    see: see.operators,
  },
  'value-bool': {
    severity: 'error',
    help: 'write true or false',
    see: see.operators,
  },
  'value-binary': { severity: 'error', help: 'write base64', see: see.operators },
  'value-address': {
    severity: 'error',
    help: 'write an address or a range such as 203.0.113.0/24',
    see: see.operators,
  },
  'value-arn': {
    severity: 'error',
    help: 'write an ARN of six segments, with wildcards where any will do',
    see: see.operators,
  },
  'address-host-bits': {
    severity: 'suggestion',
    help: 'write the range with its first address',
    see: see.operators,
  },
  'address-private': {
    severity: 'warning',
    help: 'use the public address, or aws:VpcSourceIp behind a VPC endpoint',
    see: see.keys,
  },
  'address-everything': {
    severity: 'security-warning',
    help: 'remove the range, or narrow it',
    see: see.keys,
  },
  'wildcard-not-like': {
    severity: 'warning',
    help: 'use the operator StringLike',
    see: see.operators,
  },
  'set-operator-missing': {
    severity: 'error',
    help: 'add the set operator that is meant',
    see: see.multi,
  },
  'set-operator-needless': {
    severity: 'warning',
    help: 'remove ForAnyValue or ForAllValues',
    see: see.multi,
  },
  'for-all-values-allow': {
    severity: 'security-warning',
    help: 'add {"Null": {"<key>": "false"}} beside it',
    see: see.multi,
  },
  'deny-hits-services': {
    severity: 'suggestion',
    help: 'add "Bool": {"aws:ViaAWSService": "false"}',
    see: see.keys,
  },
  'statement-redundant': {
    severity: 'suggestion',
    help: 'remove the narrower statement',
    see: see.statement,
  },
  'statement-shadowed': {
    severity: 'warning',
    help: 'remove the one or narrow the other',
    see: see.evaluation,
  },
  'limit-without-allow': {
    severity: 'warning',
    help: 'add an Allow for what may remain',
    see: see.boundary,
  },
  'rcp-form': {
    severity: 'error',
    help: 'use "Effect": "Deny", "Principal": "*" and actions such as s3:*',
    see: see.rcp,
  },
} as const satisfies Readonly<Record<string, FindingRow>>

/** The name of a kind of finding; stable, so that it can be searched for and switched off. */
export type FindingId = keyof typeof findingRows

/** The row of a finding. */
export function findingRow(id: FindingId): FindingRow {
  return findingRows[id]
}
