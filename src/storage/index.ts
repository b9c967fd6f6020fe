/** Objects in other people's buckets: one contract, its services, the retry layer, and the guard in front of endpoints. */
export { bodyOfBytes, bodyOfFile } from './body.ts'
export type { EndpointPolicy } from './endpoint/check.ts'
export { checkEndpoint, isAllowedOrigin } from './endpoint/check.ts'
export { guardedLookup } from './endpoint/lookup.ts'
export type { RetryNotice, RetryOptions } from './layers/retry.ts'
export { withRetry } from './layers/retry.ts'
export type {
  Body,
  Encryption,
  ObjectFacts,
  ObjectStore,
  PendingUpload,
  PutAnswer,
  PutOptions,
  StoreCapabilities,
  StoreChecksum,
  StoredPart,
} from './object-store.ts'
export type { AzureStoreOptions } from './services/azblob/store.ts'
export { azureStore } from './services/azblob/store.ts'
export type { LocalStoreOptions } from './services/local/store.ts'
export { localStore } from './services/local/store.ts'
export { memoryStore } from './services/memory/store.ts'
export type { BucketInspection, InspectOptions } from './services/s3/inspect.ts'
export { inspectBucket } from './services/s3/inspect.ts'
export type { S3StoreOptions } from './services/s3/store.ts'
export { s3Store } from './services/s3/store.ts'
