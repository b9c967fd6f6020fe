/** The sandbox: STS, IAM, S3 and KMS on loopback that really verify signatures and enforce policy. */

export type { ContainerCredentials, OrganizationPolicies, SandboxCredentials } from './control/controls.ts'
export type { FaultAction, FaultRule } from './control/faults.ts'
export type { HistoryEntry } from './control/history.ts'
export type { Sandbox, SandboxOptions } from './sandbox.ts'
export { startSandbox } from './sandbox.ts'
export type { AccountSeed, RoleSeed, UserSeed } from './seed.ts'
export { customerAccountId, sandboxAccounts, sandboxBaseRoleArn, vendorAccountId } from './seed.ts'
export type { Judge } from './world/world.ts'
