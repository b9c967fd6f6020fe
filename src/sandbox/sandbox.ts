/**
 * Starts the sandbox: one server on loopback that answers for S3, STS, IAM and KMS of several accounts, verifies every
 * signature and enforces every policy. It knows nothing of our own clients.
 *
 * What is simulated, because loopback has none of it: every request counts as sent over TLS; each account's callers come
 * from an address that can be set (a session's from that of the account that assumed it); KMS calls that S3 makes come
 * from an address of S3; time can be advanced for sessions and `aws:CurrentTime`, while signatures go on being checked
 * against the clock. IAM is consistent at once unless a propagation delay is set. What is not offered is refused, never ignored:
 * grants to single grantees, SSE-C, legal holds, lifecycle rules, policies of VPC endpoints and access points.
 */
import { type Clock, type Random, systemClock, systemRandom } from '../base/index.ts'
import { evaluate } from '../iam/index.ts'
import {
  type ContainerCredentials,
  Controls,
  type OrganizationPolicies,
  type SandboxCredentials,
} from './control/controls.ts'
import { type FaultRule, Faults } from './control/faults.ts'
import { History, type HistoryEntry } from './control/history.ts'
import { answerControl, controlPrefix } from './control/service.ts'
import { type Gateway, handle } from './gateway.ts'
import { listen } from './http/server.ts'
import { KeyRing } from './kms/keys.ts'
import { BlobStore } from './s3/blobs.ts'
import { type AccountSeed, customerAccountId, defaultSeed, plant, sandboxBaseRoleArn, vendorAccountId } from './seed.ts'
import { IssuerKeys } from './sts/issuer-keys.ts'
import { uuid } from './world/identifiers.ts'
import { SkewedClock } from './world/skewed-clock.ts'
import { type Judge, World } from './world/world.ts'

/** How a sandbox starts. */
export interface SandboxOptions {
  /** Absent or 0: any free port. */
  readonly port?: number
  readonly host?: '127.0.0.1'
  readonly clock?: Clock
  readonly random?: Random
  /** Where the bytes of objects lie, in a directory of their own that is removed at close; absent: the temporary directory. */
  readonly directory?: string
  /** The least `DurationSeconds` of AssumeRole; AWS says 900. */
  readonly minimumSessionSeconds?: number
  /** Absent: `sandboxAccounts`. */
  readonly accounts?: readonly AccountSeed[]
  /** Who decides about requests; absent: the evaluator. */
  readonly judge?: Judge
  /** How long changes of roles, users and policies take until they decide; absent: 0. */
  readonly propagationDelayMs?: number
}

/** A sandbox that runs. */
export interface Sandbox {
  /** `http://127.0.0.1:…`: the endpoint of all four services. */
  readonly endpoint: string
  readonly port: number
  readonly accounts: readonly string[]
  /** The role of the default seed that customers' trust policies name. */
  readonly baseRoleArn: string
  /** For `AWS_CONTAINER_CREDENTIALS_FULL_URI`: the session of `drawbridge-base`. */
  readonly containerCredentialsUrl: string
  /** The vendor's administrator in the default seed. @throws TypeError when a seed of one's own has none */
  readonly vendor: SandboxCredentials
  /** The customer's administrator in the default seed. @throws TypeError when a seed of one's own has none */
  readonly customer: SandboxCredentials
  /** The key pair of a seeded user. @throws TypeError */
  userCredentials(accountId: string, userName: string): SandboxCredentials
  /** A session of a role, as a container gets it; null for no such role. `accountId` null: the vendor's. */
  containerCredentials(accountId: string | null, roleName: string): ContainerCredentials | null
  /** Ages the sessions that were issued and moves `aws:CurrentTime`; signatures are still checked against the clock. */
  advance(milliseconds: number): void
  /** Sets the address from which callers of that account come; a session's is that of the account that assumed it. */
  setSourceAddress(accountId: string, address: string): void
  /**
   * From now on changes of roles, users and policies decide only after this time; 0, as at the start: at once. Both the clock
   * and `advance` end the wait.
   */
  setPropagationDelay(milliseconds: number): void
  /** Moves the sandbox's own clock: signatures and Date headers; positive: ahead. */
  setClockSkew(milliseconds: number): void
  setOrganizationPolicies(accountId: string, policies: OrganizationPolicies): void
  /**
   * Tells the public keys of an identity provider, as a JSON Web Key Set. Needed for issuers that are not on loopback, whose
   * keys the sandbox does not fetch; null: AWS would find none there. @throws TypeError when it is no key set
   */
  setIssuerKeys(issuer: string, keySet: unknown): void
  /** Puts these rules in the place of all others; an empty list ends the misbehaviour. */
  setFaults(rules: readonly FaultRule[]): void
  addFault(rule: FaultRule): void
  /** Every request, oldest first, at most the last 10,000. */
  history(): readonly HistoryEntry[]
  clearHistory(): void
  /** Closes every connection and removes the bytes. */
  close(): Promise<void>
}

/** Starts a sandbox. Rejects when the port is taken or the directory can not be written. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const host = options.host ?? '127.0.0.1'
  const random = options.random ?? systemRandom
  const clock = new SkewedClock(options.clock ?? systemClock)
  const world = new World(clock, random, options.judge ?? evaluate)
  const seeds = options.accounts ?? defaultSeed
  plant(world, seeds)
  world.propagation.delayMs = options.propagationDelayMs ?? 0
  const faults = new Faults()
  const history = new History()
  const issuerKeys = new IssuerKeys()
  const vendorId = seeds[0]?.accountId ?? vendorAccountId
  const controls = new Controls({ world, clock, faults, history, issuerKeys, vendorAccount: vendorId })
  const blobs = await BlobStore.create(options.directory ?? null)
  const closing = new AbortController()
  const gateway: Gateway = {
    s3: { world, keys: new KeyRing(world), blobs, buckets: new Map() },
    faults,
    history,
    minimumSessionSeconds: options.minimumSessionSeconds ?? 900,
    issuerKeys,
    tokenOriginId: vendorId,
    closing: closing.signal,
  }
  const server = await listen(
    host,
    options.port ?? 0,
    { newRequestId: () => uuid(random), now: () => clock.now() },
    async (call) =>
      call.rawPath.startsWith(controlPrefix)
        ? { answer: await answerControl(controls, call), cut: false }
        : await handle(gateway, call),
  ).catch(async (cause: unknown) => {
    await blobs.close()
    throw cause
  })
  const endpoint = `http://${host}:${server.port}`
  return {
    endpoint,
    port: server.port,
    accounts: controls.accountIds(),
    baseRoleArn: sandboxBaseRoleArn,
    containerCredentialsUrl: `${endpoint}${controlPrefix}credentials/drawbridge-base`,
    get vendor() {
      return controls.userCredentials(vendorAccountId, 'admin')
    },
    get customer() {
      return controls.userCredentials(customerAccountId, 'admin')
    },
    userCredentials: (accountId, userName) => controls.userCredentials(accountId, userName),
    containerCredentials: (accountId, roleName) => controls.containerCredentials(accountId, roleName),
    advance: (milliseconds) => controls.advance(milliseconds),
    setSourceAddress: (accountId, address) => controls.setSourceAddress(accountId, address),
    setPropagationDelay: (milliseconds) => controls.setPropagationDelay(milliseconds),
    setClockSkew: (milliseconds) => controls.setClockSkew(milliseconds),
    setOrganizationPolicies: (accountId, policies) => controls.setOrganizationPolicies(accountId, policies),
    setIssuerKeys: (issuer, keySet) => controls.setIssuerKeys(issuer, keySet),
    setFaults: (rules) => controls.setFaults(rules),
    addFault: (rule) => controls.addFault(rule),
    history: () => controls.history(),
    clearHistory: () => controls.clearHistory(),
    async close() {
      closing.abort()
      await server.close()
      await blobs.close()
    },
  }
}
