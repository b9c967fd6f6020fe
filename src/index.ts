/**
 * Drawbridge as a library: a typed client for a running server, and the house itself for programs that carry it inside.
 * The policy language, the evidence formats and the sandbox have entries of their own: `drawbridge/iam`,
 * `drawbridge/evidence` and `drawbridge/sandbox`.
 */
export type { Clock, ErrorCode, Random, Retry } from './base/index.ts'
export { DrawbridgeError, errorCodes, Secret, systemClock, systemRandom } from './base/index.ts'
export type { Config } from './cli/config.ts'
export { parseConfig, readConfig } from './cli/config.ts'
export type { HouseOptions, OpenedHouse } from './cli/house.ts'
export { openHouse } from './cli/house.ts'
export type {
  ActorSummary,
  Chain,
  ChainLink,
  Check,
  ClientOptions,
  Connection,
  ConnectionChange,
  ConnectionInput,
  Delivery,
  DeliveryTarget,
  Diagnosis,
  DrawbridgeClient,
  OperationInput,
  OperationName,
  OperationOutput,
  ReceiptBundle,
  Repair,
  Route,
  SetupKit,
  UploadedFile,
  Verification,
  VerificationEvent,
} from './contract/index.ts'
export { createClient, operations } from './contract/index.ts'
export type { Caller, Claims, House } from './operations/index.ts'
export { inProcessClient, operatorCaller, readClaims } from './operations/index.ts'
export type { OidcSettings, RunningServer, ServerOptions } from './server/index.ts'
export { startServer } from './server/index.ts'
