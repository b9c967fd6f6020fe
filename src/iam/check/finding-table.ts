/**
 * The one table of findings: severity, what it says, what to do, and the vendor's page. `docs/findings.md` is made from it,
 * and a test asks for a case of every row.
 */

/**
 * `error`: AWS refuses the policy, or the part can not do what it says. `security-warning`: it lets in or out more than it
 * should. `warning`: it is probably not what was meant. `suggestion`: it could be simpler.
 */
export type Severity = 'error' | 'security-warning' | 'warning' | 'suggestion'

/** A row of the table. */
export interface FindingRow {
  readonly severity: Severity
  readonly what: string
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

/** The rows by topic, in the order in which the page lists them. */
export const findingGroups = {
  'The text': {
    'json-syntax': {
      severity: 'error',
      what: 'the text is not JSON',
      help: 'mend the JSON at the place shown; policies have no comments and no trailing commas',
      see: see.grammar,
    },
    'policy-grammar': {
      severity: 'error',
      what: 'an element is missing, has the wrong type, or stands beside one that excludes it',
      help: 'bring the element into the form that the policy grammar gives it',
      see: see.grammar,
    },
    'bare-statement': {
      severity: 'error',
      what: 'the text is one statement without the document around it',
      help: 'wrap it: {"Version": "2012-10-17", "Statement": [ … ]}',
      see: see.grammar,
    },
    'unknown-element': {
      severity: 'error',
      what: 'the policy language has no element of that name',
      help: 'spell the element as the grammar does; names are case-sensitive',
      see: see.grammar,
    },
    'empty-list': {
      severity: 'error',
      what: 'Action, Resource or Principal names nothing',
      help: 'name what the statement is about, or remove the statement',
      see: see.grammar,
    },
    'no-statements': {
      severity: 'warning',
      what: 'the policy has no statements',
      help: 'add a statement, or remove the policy',
      see: see.statement,
    },
    'empty-condition': {
      severity: 'suggestion',
      what: 'a Condition or an operator has nothing in it',
      help: 'remove the empty element',
      see: see.condition,
    },
    'character-not-allowed': {
      severity: 'error',
      what: 'the text holds a character above U+00FF, which IAM and STS refuse in policies',
      help: 'write the character as a JSON escape, or put `?` for it',
      see: see.assumePolicy,
    },
    'policy-too-large': {
      severity: 'error',
      what: 'the policy is larger than AWS accepts for its kind',
      help: 'split the policy, shorten lists with wildcards, or remove what other statements cover',
      see: see.quotas,
    },
    'policy-large': {
      severity: 'warning',
      what: 'the policy fits only one of the ways to attach it, or needs a higher quota',
      help: 'make it smaller, or attach it in the way that has room',
      see: see.quotas,
    },
    'version-missing': {
      severity: 'warning',
      what: 'without Version the policy is of 2008-10-17',
      help: 'add "Version": "2012-10-17"',
      see: see.version,
    },
    'version-old': {
      severity: 'suggestion',
      what: 'the policy is of version 2008-10-17',
      help: 'use "Version": "2012-10-17", unless the policy relies on variables being plain text',
      see: see.version,
    },
    'variable-needs-version': {
      severity: 'warning',
      what: 'a policy variable stands in a policy of version 2008-10-17, where it is plain text',
      help: 'add "Version": "2012-10-17"',
      see: see.variables,
    },
    'variable-malformed': {
      severity: 'warning',
      what: '`${` opens a variable that is not closed',
      help: 'close the variable with `}`, or write a dollar sign as `$` in such braces',
      see: see.variables,
    },
    'variable-unknown': {
      severity: 'warning',
      what: 'a variable names a context key that AWS does not have',
      help: 'name an existing context key; a variable without value matches nothing',
      see: see.variables,
    },
    'variable-misplaced': {
      severity: 'warning',
      what: 'a variable stands before the fifth colon of an ARN, where it is plain text',
      help: 'use variables only in the last part of an ARN',
      see: see.variables,
    },
    placeholder: {
      severity: 'warning',
      what: 'a value was left as a placeholder',
      help: 'put the real value in',
      see: see.checks,
    },
    'sid-not-unique': {
      severity: 'error',
      what: 'two statements of an IAM or organization policy share one Sid',
      help: 'give each statement its own Sid, or none',
      see: see.sid,
    },
    'sid-repeated': {
      severity: 'warning',
      what: 'two statements of a resource-based policy share one Sid',
      help: 'give each statement its own Sid, or none',
      see: see.sid,
    },
    'sid-characters': {
      severity: 'error',
      what: 'a Sid of an IAM policy holds something else than letters and digits',
      help: 'use A-Z, a-z and 0-9 only',
      see: see.sid,
    },
  },
  Actions: {
    'action-unknown-service': {
      severity: 'error',
      what: 'no service of AWS has that prefix',
      help: 'use the prefix from the service authorization reference',
      see: see.services,
    },
    'action-unknown': {
      severity: 'error',
      what: 'the service has no action that fits',
      help: 'use an action from the service authorization reference',
      see: see.services,
    },
    'action-wrong-service': {
      severity: 'error',
      what: 'a policy of this kind takes no actions of that service',
      help: 'move the action to a policy of the right kind',
      see: see.checks,
    },
    'action-redundant': {
      severity: 'suggestion',
      what: 'another action of the list covers it',
      help: 'remove the narrower action',
      see: see.action,
    },
    'not-action-allow': {
      severity: 'security-warning',
      what: 'Allow with NotAction grants everything that is not listed, new services included',
      help: 'list what is allowed with Action',
      see: see.notAction,
    },
    'allow-everything': {
      severity: 'security-warning',
      what: 'the statement allows every action on every resource',
      help: 'name the actions and resources that are needed',
      see: see.bestPractices,
    },
    'pass-role-any': {
      severity: 'security-warning',
      what: 'iam:PassRole is allowed on every role',
      help: 'name the roles that may be passed',
      see: see.passRole,
    },
    'trust-action-wildcard': {
      severity: 'warning',
      what: 'a trust policy allows STS actions by wildcard',
      help: 'name `sts:AssumeRole`, and in their own statements `sts:TagSession` and `sts:SetSourceIdentity`',
      see: see.thirdParty,
    },
    'trust-action-principal': {
      severity: 'warning',
      what: 'the action that assumes the role does not fit the type of principal',
      help: 'use sts:AssumeRole for AWS principals and services, sts:AssumeRoleWithSAML or …WithWebIdentity for providers',
      see: see.principal,
    },
  },
  Resources: {
    'resource-in-trust': {
      severity: 'error',
      what: 'a trust policy has a Resource; its resource is the role itself',
      help: 'remove the Resource',
      see: see.principal,
    },
    'resource-missing': {
      severity: 'error',
      what: 'the statement has no Resource',
      help: 'add the Resource',
      see: see.resource,
    },
    'arn-malformed': {
      severity: 'error',
      what: 'the text is no ARN, or lacks or has segments that its service does not',
      help: 'write arn:partition:service:region:account:resource as the service wants it',
      see: see.arns,
    },
    'account-id': {
      severity: 'error',
      what: 'an account id is not twelve digits',
      help: 'use the twelve digits of the account, with leading zeros',
      see: see.arns,
    },
    's3-object-action-on-bucket': {
      severity: 'error',
      what: 'an action on objects is given the ARN of a bucket',
      help: 'append `/*`, or `/prefix/*`, to the ARN of the bucket',
      see: see.s3Actions,
    },
    's3-bucket-action-on-objects': {
      severity: 'error',
      what: 'an action on a bucket is given ARNs of objects',
      help: 'name the bucket itself: its ARN without `/` and what follows',
      see: see.s3Actions,
    },
    's3-wildcard-misses-objects': {
      severity: 'warning',
      what: 'a wildcard covers actions on objects, but only buckets are named',
      help: 'add the ARN of the objects: the bucket with `/*`',
      see: see.s3Actions,
    },
    'action-resource-mismatch': {
      severity: 'error',
      what: 'no resource of the statement is of a type that the action works on',
      help: 'name a resource of the right type, or `*` where the action works on none',
      see: see.services,
    },
    'resource-without-action': {
      severity: 'warning',
      what: 'no action of the statement works on that resource',
      help: 'remove the resource, or add the action that was meant for it',
      see: see.services,
    },
    'resource-redundant': {
      severity: 'suggestion',
      what: 'another resource of the list covers it',
      help: 'remove the narrower resource',
      see: see.resource,
    },
    'not-resource-allow': {
      severity: 'security-warning',
      what: 'Allow with NotResource grants everything that is not listed',
      help: 'list what is allowed with Resource',
      see: see.notResource,
    },
    's3-write-any-bucket': {
      severity: 'security-warning',
      what: 'writing is allowed to any bucket',
      help: 'name the bucket and the prefix',
      see: see.bestPractices,
    },
    'kms-any-key': {
      severity: 'security-warning',
      what: 'the use of any KMS key is allowed',
      help: 'name the keys by ARN',
      see: see.kmsIam,
    },
    'bucket-policy-resource': {
      severity: 'error',
      what: 'a bucket policy names something else than its own bucket and objects',
      help: 'name one bucket and its objects',
      see: see.s3Policy,
    },
    'key-policy-resource': {
      severity: 'warning',
      what: 'a key policy names a Resource other than `*`, which means this key',
      help: 'write "Resource": "*"',
      see: see.keyPolicy,
    },
  },
  Principals: {
    'principal-not-allowed': {
      severity: 'error',
      what: 'a policy of this kind has no Principal: it is attached to one',
      help: 'remove the Principal',
      see: see.principal,
    },
    'principal-missing': {
      severity: 'error',
      what: 'a policy of this kind must say whom it is about',
      help: 'add the Principal',
      see: see.principal,
    },
    'principal-malformed': {
      severity: 'error',
      what: 'the text names no principal',
      help: 'name a role, user or account by ARN, a service by its domain, or a provider',
      see: see.principal,
    },
    'principal-wildcard-part': {
      severity: 'error',
      what: 'a principal holds a wildcard among other text, which AWS does not take',
      help: 'name it in full, or use `*` with a condition on aws:PrincipalArn',
      see: see.principal,
    },
    'principal-dead': {
      severity: 'error',
      what: 'the principal is an id that AWS shows after the role or user was deleted; it matches nobody',
      help: 'name the role or user again by ARN',
      see: see.identifiers,
    },
    'principal-repeated': {
      severity: 'suggestion',
      what: 'a principal stands twice in one statement',
      help: 'remove one of the two',
      see: see.principal,
    },
    'not-principal-allow': {
      severity: 'security-warning',
      what: 'Allow with NotPrincipal lets everybody else in, the anonymous included',
      help: 'name with Principal who is allowed',
      see: see.notPrincipal,
    },
    'not-principal-deny': {
      severity: 'warning',
      what: 'Deny with NotPrincipal always denies principals that have a permissions boundary',
      help: 'use "Principal": "*" with a condition ArnNotEquals on aws:PrincipalArn',
      see: see.notPrincipal,
    },
    'not-principal-refused': {
      severity: 'error',
      what: 'a trust policy takes no NotPrincipal',
      help: 'use Principal',
      see: see.notPrincipal,
    },
    'trust-anybody': {
      severity: 'security-warning',
      what: 'the trust policy lets principals of any account assume the role',
      help: 'name the vendor’s role as the principal',
      see: see.thirdParty,
    },
    'trust-account': {
      severity: 'security-warning',
      what: 'the trust policy trusts a whole account: every identity there that its administrators choose',
      help: 'name the one role, or add a condition on aws:PrincipalArn',
      see: see.principal,
    },
    'bucket-public': {
      severity: 'security-warning',
      what: 'the bucket policy is public: it lets in callers that nobody named',
      help: 'name the principals, or limit with a fixed aws:PrincipalOrgID, aws:PrincipalArn or the like',
      see: see.s3Public,
    },
    'key-anybody': {
      severity: 'security-warning',
      what: 'the key policy lets in principals of any account',
      help: 'name the principals, or add a condition on kms:CallerAccount',
      see: see.keyPolicy,
    },
    'service-unguarded': {
      severity: 'security-warning',
      what: 'a service is let in for whatever account it acts for',
      help: 'add a condition on aws:SourceArn or aws:SourceAccount',
      see: see.confusedDeputy,
    },
    'key-unmanageable': {
      severity: 'warning',
      what: 'nobody that the key policy names may change it',
      help: 'add the statement that delegates to the account: its root as principal, kms:* on `*`',
      see: see.keyDefault,
    },
  },
  'Trust and the External ID': {
    'external-id-missing': {
      severity: 'security-warning',
      what: 'another account may assume the role without an External ID',
      help: 'add StringEquals on sts:ExternalId with the id that the vendor gave',
      see: see.externalId,
    },
    'external-id-wildcard': {
      severity: 'security-warning',
      what: 'many External IDs are accepted',
      help: 'demand the one id with StringEquals',
      see: see.externalId,
    },
    'external-id-optional': {
      severity: 'security-warning',
      what: 'the condition on the External ID also holds when none is sent',
      help: 'use plain StringEquals',
      see: see.externalId,
    },
    'external-id-negated': {
      severity: 'security-warning',
      what: 'the condition accepts every External ID but the one named',
      help: 'use StringEquals',
      see: see.externalId,
    },
    'external-id-operator': {
      severity: 'warning',
      what: 'the External ID is compared by something else than StringEquals',
      help: 'use StringEquals; the id is compared as it stands',
      see: see.externalId,
    },
    'external-id-several': {
      severity: 'warning',
      what: 'several External IDs are accepted',
      help: 'keep the one that is in use',
      see: see.externalId,
    },
    'external-id-form': {
      severity: 'error',
      what: 'STS accepts no External ID of that form',
      help: 'use 2 to 1224 letters, digits and _+=,.@:/-',
      see: see.assumeRole,
    },
    'external-id-wrong-action': {
      severity: 'error',
      what: 'sts:ExternalId stands on an action whose requests do not carry it',
      help: 'keep the External ID on sts:AssumeRole, and give the other action a statement of its own',
      see: see.externalId,
    },
    'external-id-other': {
      severity: 'error',
      what: 'the trust policy demands another External ID than the one we send',
      help: 'put the External ID of this connection in',
      see: see.externalId,
    },
    'tag-session-missing': {
      severity: 'error',
      what: 'session tags are expected, but sts:TagSession is not allowed to the same principal',
      help: 'add a statement that allows sts:TagSession to the principal',
      see: see.tags,
    },
    'tag-keys-other': {
      severity: 'error',
      what: 'the trust policy does not allow a session tag that we send',
      help: 'add the tag key to aws:TagKeys',
      see: see.tags,
    },
    'source-identity-missing': {
      severity: 'error',
      what: 'a source identity is expected, but sts:SetSourceIdentity is not allowed to the same principal',
      help: 'add a statement that allows sts:SetSourceIdentity to the principal',
      see: see.sourceIdentity,
    },
    'vendor-missing': {
      severity: 'error',
      what: 'the trust policy does not name the principal that we call as',
      help: 'name our principal',
      see: see.thirdParty,
    },
    'vendor-several': {
      severity: 'warning',
      what: 'several principals of another account may assume the role',
      help: 'keep the one that the vendor calls as',
      see: see.thirdParty,
    },
    'vendor-network': {
      severity: 'error',
      what: 'a condition demands the customer’s own network, from which a vendor never calls',
      help: 'remove the condition; the External ID and the principal narrow the trust',
      see: see.keys,
    },
    'vendor-address': {
      severity: 'warning',
      what: 'a condition demands addresses that our calls need not come from',
      help: 'remove the condition, or list the egress addresses that we declare',
      see: see.keys,
    },
    'vendor-organization': {
      severity: 'error',
      what: 'a condition demands the customer’s own organization, to which a vendor’s principal does not belong',
      help: 'remove the condition, or except our principal',
      see: see.keys,
    },
    'vendor-mfa': {
      severity: 'error',
      what: 'a condition demands MFA, which no program has',
      help: 'remove the condition',
      see: see.keys,
    },
  },
  Conditions: {
    'operator-unknown': {
      severity: 'error',
      what: 'AWS has no condition operator of that name',
      help: 'spell the operator as the reference does',
      see: see.operators,
    },
    'operator-type': {
      severity: 'error',
      what: 'the operator compares another type than the values of the key have',
      help: 'use the operators for the type of the key',
      see: see.operators,
    },
    'condition-key-unknown': {
      severity: 'error',
      what: 'AWS has no context key of that name',
      help: 'use a key from the reference; a condition on an absent key does not hold',
      see: see.keys,
    },
    'condition-key-not-in-action': {
      severity: 'warning',
      what: 'requests of an action do not carry the key, so the condition does not do what it says for it',
      help: 'give the action a statement without the condition',
      see: see.services,
    },
    'condition-key-twice': {
      severity: 'error',
      what: 'one key stands twice under one operator, in different letter case',
      help: 'join the two',
      see: see.condition,
    },
    'condition-without-values': {
      severity: 'warning',
      what: 'the list of values is empty, so nothing can equal one of them',
      help: 'list the values, or remove the condition',
      see: see.condition,
    },
    'value-repeated': {
      severity: 'suggestion',
      what: 'a value stands twice in one condition',
      help: 'remove one of the two',
      see: see.condition,
    },
    'value-number': {
      severity: 'error',
      what: 'the value is no number',
      help: 'write a decimal number',
      see: see.operators,
    },
    'value-date': {
      severity: 'error',
      what: 'the value is no date',
      help: 'write ISO 8601, or seconds since 1970',
      see: see.operators,
    },
    'value-bool': {
      severity: 'error',
      what: 'the value is neither true nor false',
      help: 'write true or false',
      see: see.operators,
    },
    'value-binary': { severity: 'error', what: 'the value is not base64', help: 'write base64', see: see.operators },
    'value-address': {
      severity: 'error',
      what: 'the value is no IP address and no CIDR range',
      help: 'write an address or a range such as 203.0.113.0/24',
      see: see.operators,
    },
    'value-arn': {
      severity: 'error',
      what: 'the value is no ARN',
      help: 'write an ARN of six segments, with wildcards where any will do',
      see: see.operators,
    },
    'address-host-bits': {
      severity: 'suggestion',
      what: 'the range has bits set behind its prefix',
      help: 'write the range with its first address',
      see: see.operators,
    },
    'address-private': {
      severity: 'warning',
      what: 'aws:SourceIp is never a private address',
      help: 'use the public address, or aws:VpcSourceIp behind a VPC endpoint',
      see: see.keys,
    },
    'address-everything': {
      severity: 'security-warning',
      what: 'the range holds every address',
      help: 'remove the range, or narrow it',
      see: see.keys,
    },
    'wildcard-not-like': {
      severity: 'warning',
      what: '`*` stands in a value that is compared literally',
      help: 'use the operator StringLike',
      see: see.operators,
    },
    'set-operator-missing': {
      severity: 'error',
      what: 'a key that can have several values is compared without ForAnyValue or ForAllValues',
      help: 'add the set operator that is meant',
      see: see.multi,
    },
    'set-operator-needless': {
      severity: 'warning',
      what: 'a key of one value is compared with a set operator',
      help: 'remove ForAnyValue or ForAllValues',
      see: see.multi,
    },
    'for-all-values-allow': {
      severity: 'security-warning',
      what: 'ForAllValues also holds when the request has no such key',
      help: 'add {"Null": {"<key>": "false"}} beside it',
      see: see.multi,
    },
    'deny-hits-services': {
      severity: 'suggestion',
      what: 'a Deny by address also denies AWS services that act for the caller, and calls through VPC endpoints',
      help: 'add "Bool": {"aws:ViaAWSService": "false"}',
      see: see.keys,
    },
  },
  'The policy as a whole': {
    'statement-redundant': {
      severity: 'suggestion',
      what: 'another statement says the same or more',
      help: 'remove the narrower statement',
      see: see.statement,
    },
    'statement-shadowed': {
      severity: 'warning',
      what: 'a Deny covers all that the statement allows',
      help: 'remove the one or narrow the other',
      see: see.evaluation,
    },
    'limit-without-allow': {
      severity: 'warning',
      what: 'a boundary or session policy without Allow leaves no permission at all',
      help: 'add an Allow for what may remain',
      see: see.boundary,
    },
    'rcp-form': {
      severity: 'error',
      what: 'a resource control policy of one’s own only denies, to everybody, by actions of the services it binds',
      help: 'use "Effect": "Deny", "Principal": "*" and actions such as s3:*',
      see: see.rcp,
    },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, FindingRow>>>>

type Groups = typeof findingGroups
type KeysOfUnion<T> = T extends T ? keyof T & string : never

/** The name of a kind of finding; stable, so that it can be searched for and switched off. */
export type FindingId = KeysOfUnion<Groups[keyof Groups]>

// Made at first use: whoever bundles the evaluator alone shall not carry the table for the sake of this map.
let rows: ReadonlyMap<string, FindingRow> | null = null

/** The row of a finding. */
export function findingRow(id: FindingId): FindingRow {
  rows ??= new Map(Object.values(findingGroups).flatMap((group) => Object.entries(group)))
  const row = rows.get(id)
  if (row === undefined) throw new TypeError(`there is no finding \`${id}\``)
  return row
}
