/** Everything that is known about refusals. */
import type { Symptom } from '../symptom.ts'
import { assumeRoleSymptoms } from './assume-role.ts'
import { azureSymptoms } from './azure.ts'
import { kmsSymptoms } from './kms.ts'
import { s3Symptoms } from './s3.ts'

/** Every class, the most telling first where two fit a text equally well. */
export const symptoms: readonly Symptom[] = [...assumeRoleSymptoms, ...s3Symptoms, ...kmsSymptoms, ...azureSymptoms]
