/** Objects in other people's buckets: one contract, its services, the retry layer, and the guard in front of endpoints. */
export { bodyOfBytes } from './body.ts'
export { countBufferGarbage } from './buffer-garbage.ts'
export { openAgents } from './endpoint/agents.ts'
export { checkEndpoint, isAllowedOrigin } from './endpoint/check.ts'
export type { Look } from './endpoint/look.ts'
export type { RetryNotice } from './layers/retry.ts'
export { withRetry } from './layers/retry.ts'
export type {
  Body,
  ObjectFacts,
  ObjectSettings,
  ObjectStore,
  PutAnswer,
  PutOptions,
  StoreCapabilities,
  StoreChecksum,
  StoredPart,
} from './object-store.ts'
export { lookAtContainer } from './services/azblob/look.ts'
export { azureStore } from './services/azblob/store.ts'
export { localStore } from './services/local/store.ts'
export { memoryStore } from './services/memory/store.ts'
export { loadS3Sdk } from './services/s3/client.ts'
export { inspectBucket } from './services/s3/inspect.ts'
export { lookAtBucket } from './services/s3/look.ts'
export { s3Store } from './services/s3/store.ts'
