/** What a broken chain is: how it is broken, what both views must say of it, and what repairs it. */
import type { LinkId, PolicyName } from '../../src/contract/index.ts'
import type { AwsScene } from './aws-scene.ts'
import type { AwsWish } from './aws-set-up.ts'
import type { AzureScene, AzureWish } from './azure-scene.ts'

/** What the vendor must find, by the error and by probes within our rights. */
export interface VendorFinds {
  readonly red: LinkId
  /** Class of the cause. */
  readonly cause: string
  /** True: neither text nor probes can tell it from others; then it must be among the causes, and none may be `likely`. */
  readonly among?: true
}

/** What the administrator must find, who reads the policies. */
export interface AdministratorFinds {
  readonly red: LinkId
  readonly cause: string
  /** The policy whose statement decides, or in which the permission is missing. */
  readonly policy: PolicyName
  /** Context key of the condition that decides; absent: no condition does. */
  readonly condition?: string
  /** True: nothing that could turn the decision is unknown. Absent: true. */
  readonly isProved?: false
}

interface Broken<Scene, Wish> {
  readonly name: string
  /** What was done, one line. */
  readonly story: string
  /** Of the connection and its surroundings, where they differ from an export by role. */
  readonly wish?: Wish
  readonly break: (scene: Scene) => Promise<void> | void
  readonly vendor: VendorFinds
  /** Null: the policies at hand are in order, and the view must not blame one. `blind`: there is nothing it could read. */
  readonly administrator: AdministratorFinds | null | 'blind'
  /** Of the first repair of the first cause: the administrator's where there is one, else the vendor's. */
  readonly repair: { readonly by: 'ours' | 'theirs'; readonly says: RegExp }
  /** Does what the repair says in words; absent: its patch or change is applied by machine. */
  readonly mend?: (scene: Scene) => Promise<void> | void
}

/** A chain that is broken in the sandbox: STS, IAM, S3 and KMS. */
export type AwsChain = Broken<AwsScene, AwsWish> & { readonly cloud: 'aws' }

/** A chain that is broken on Azurite. */
export type AzureChain = Broken<AzureScene, AzureWish> & { readonly cloud: 'azure' }

export type BrokenChain = AwsChain | AzureChain
