/** One API call as the decisions AWS makes about it, and the verdict on them. */
export type {
  ApiCall,
  AssumeRoleCall,
  BucketCall,
  ChainPolicies,
  Encryption,
  GetObjectCall,
  Link,
  ObjectCall,
  PutObjectCall,
  SessionCall,
  SessionFacts,
  Verdict,
  VerdictPart,
} from './api-call.ts'
export { decideCall } from './decide-call.ts'
export { requestsOf } from './requests.ts'
