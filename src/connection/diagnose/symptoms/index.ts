/** Everything that is known about refusals. */
import type { Symptom } from '../symptom.ts'
import { assumeRoleSymptoms } from './assume-role.ts'
import { assumeRoleToldSymptoms } from './assume-role-told.ts'
import { azureSymptoms } from './azure.ts'
import { credentialSymptoms } from './credentials.ts'
import { kmsSymptoms } from './kms.ts'
import { misleadingTestSymptoms } from './misleading-tests.ts'
import { s3LimitSymptoms } from './s3-limits.ts'
import { s3PolicySymptoms } from './s3-policies.ts'
import { s3RequestSymptoms } from './s3-requests.ts'
import { webIdentitySymptoms } from './web-identity.ts'

/**
 * Every class, the most telling first where two fit a text equally well. Among the causes of a bare `Access Denied` the keys
 * come first: a missing permission is found by whoever looks at the policy, and the key behind the bucket is not.
 */
export const symptoms: readonly Symptom[] = [
  ...assumeRoleToldSymptoms,
  ...assumeRoleSymptoms,
  ...webIdentitySymptoms,
  ...misleadingTestSymptoms,
  ...kmsSymptoms,
  ...s3PolicySymptoms,
  ...s3LimitSymptoms,
  ...s3RequestSymptoms,
  ...credentialSymptoms,
  ...azureSymptoms,
]
