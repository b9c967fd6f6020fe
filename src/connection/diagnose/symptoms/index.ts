/** Everything that is known about refusals. */
import type { Symptom } from '../symptom.ts'
import { assumeRoleSymptoms } from './assume-role.ts'
import { azureSymptoms } from './azure.ts'
import { credentialSymptoms } from './credentials.ts'
import { kmsSymptoms } from './kms.ts'
import { s3PolicySymptoms } from './s3-policies.ts'
import { s3RequestSymptoms } from './s3-requests.ts'

/** Every class, the most telling first where two fit a text equally well. */
export const symptoms: readonly Symptom[] = [
  ...assumeRoleSymptoms,
  ...s3PolicySymptoms,
  ...s3RequestSymptoms,
  ...credentialSymptoms,
  ...kmsSymptoms,
  ...azureSymptoms,
]
