/**
 * Wires the house: the data directory, who we are to AWS, the connections, the deliveries and the evidence log, from a
 * configuration. Used by the server command, by commands that find no server running, and by tests.
 */
import { hostname } from 'node:os'
import { type Clock, DrawbridgeError, noTracing, type Random, type Tracing } from '../base/index.ts'
import { type ConnectionContext, mailName, webhookName } from '../connection/index.ts'
import {
  assumeRole,
  assumeRoleWithWebIdentity,
  type BaseIdentity,
  createBaseIdentity,
  type IdentityTokens,
  SessionCache,
} from '../credentials/index.ts'
import {
  Circuits,
  type DeliveryEvent,
  DeliveryService,
  DeliveryWorker,
  evidenceReceipts,
  Scheduler,
  Spool,
} from '../delivery/index.ts'
import { EvidenceLog, exportPublicKeyPem } from '../evidence/index.ts'
import {
  DeliveryNews,
  endRotation,
  type House,
  logKeys,
  makeCanaries,
  makeScheduleLoop,
  makeWatch,
  type Watch,
} from '../operations/index.ts'
import { type State, witnessed } from '../state/index.ts'
import { type Config, webhooksOf } from './config.ts'
import { openHouseState } from './database.ts'
import type { DatabaseAddress } from './database-address.ts'
import { identityTokensOf } from './federation-config.ts'
import { mailOf } from './mail-config.ts'
import { foreseeParts, targetAccess } from './target-access.ts'
import { version } from './version.ts'
import { ticketTemplate } from './web-root.ts'
import { refuseOlder, witnessesOf } from './witnesses.ts'

/** Gives credentials of the AWS SDK's form. */
type CredentialProvider = NonNullable<Parameters<typeof createBaseIdentity>[0]['provider']>

/** How a house is opened. */
export interface HouseOptions {
  readonly config: Config
  /** The data directory; made when absent. */
  readonly directory: string
  /** PostgreSQL; absent or null: the data directory's own database. */
  readonly database?: DatabaseAddress | null
  /** True: the process works deliveries off for as long as it runs. The data directory's own database gets a thread then. */
  readonly works?: boolean
  readonly clock: Clock
  readonly random: Random
  /** Where our AWS credentials come from; absent: the AWS SDK's standard chain; null: the ones in reach are not ours. */
  readonly provider?: CredentialProvider | null
  /** Where spans go; absent: nowhere. */
  readonly tracing?: Tracing
  /** Called as deliveries move. Must not throw. */
  readonly onDelivery?: (event: DeliveryEvent) => void
  /** Called when the watch or a schedule could not do something; it tries again by itself. Must not throw. */
  readonly onWatchFault?: (error: unknown) => void
}

/** An opened house and the worker that moves its deliveries. */
export interface OpenedHouse {
  readonly house: House
  /** True: other processes work with the same database and spool. */
  readonly isShared: boolean
  /** Starts the worker, and lets other processes wake it. */
  startWorking(): Promise<void>
  /** Not started: the server starts it, a single command runs it until its delivery has ended. */
  readonly worker: DeliveryWorker
  readonly spool: Spool
  /** Verifies on a schedule and sends alerts. Not started: the server starts it. */
  readonly watch: Watch
  /** Runs the schedules. Not started: the server starts it. */
  readonly schedules: { start(): void; stop(): Promise<void> }
  /** Adds a listener for what deliveries do; returns how to remove it. */
  onDelivery(listener: (event: DeliveryEvent) => void): () => void
  /** Asks the database for an answer. @throws database-unavailable */
  ping(): Promise<void>
  /** Stops worker and watch, and gives the data directory free. `drainMs`: what was begun may end, 5 s unless said otherwise. May be called twice. */
  close(options?: { readonly drainMs?: number }): Promise<void>
}

/**
 * Opens a house.
 * @throws data-directory-locked | data-directory-broken | database-… | evidence-forked | disk-full
 */
export async function openHouse(options: HouseOptions): Promise<OpenedHouse> {
  const { config, directory, clock, random } = options
  const { database = null, works = false } = options
  const state = await openHouseState({ config, directory, clock, random, database, works })
  try {
    return await assemble(options, state, config.tenant)
  } catch (error) {
    await state.close()
    throw error
  }
}

async function assemble(options: HouseOptions, state: State, tenant: string): Promise<OpenedHouse> {
  const { config, clock, random } = options
  const witnesses = witnessesOf(config, options.directory)
  const logStore = witnessed(state.log, witnesses)
  const keys = state.evidenceKeys
  const reloadKeys = async () => logKeys(await keys.reload())
  const evidence = new EvidenceLog({ store: logStore, ...logKeys(keys.keys), reloadKeys, origin: config.origin, clock })
  await refuseOlder(evidence, tenant, witnesses)
  state.sealWith(evidence)
  await endRotation({ evidence, evidenceKeys: keys, tenant })
  const tokens = await identityTokensOf(config, options.directory, { clock, random })
  const context = connectionContext(options, keys, tokens)
  const webhooks = await webhooksOf(config, options.directory)
  const mail = await mailOf(config, options.directory)
  const access = targetAccess(state.connections, state.routes, context)
  const keep = state.isShared ? null : new Set(await state.deliveries.spooledUploads())
  const spool = await Spool.open({
    directory: state.spoolDirectory,
    keep,
    onLarge: () => void foreseeParts(state.connections, tenant),
    ...(config.spool.quotaBytes === undefined ? {} : { quotaBytes: config.spool.quotaBytes }),
    ...(state.spoolSpace === null ? {} : { space: state.spoolSpace }),
  })
  const deliveryNews = new DeliveryNews()
  if (options.onDelivery !== undefined) deliveryNews.on(options.onDelivery)
  const { news } = state
  const answerFollowers = (): void => news?.answer((id) => deliveryNews.underWay(id))
  if (news !== null) {
    deliveryNews.on((event) => {
      // A command works as well, for as long as it runs.
      answerFollowers()
      news.tell(event)
    })
  }
  const tracing = options.tracing ?? noTracing
  const circuits = new Circuits(state.clock, state.circuits, {
    failures: config.circuit.failures,
    probeMs: config.circuit.probeSeconds * 1000,
    probeCapMs: 10 * 60_000,
  })
  const { perSecond, targets: perTarget } = config.backfill
  const backfillSpacingMs = (connection: string): number => 1000 / (perTarget[connection] ?? perSecond)
  const worker = new DeliveryWorker({
    circuits,
    backfillSpacingMs,
    tracing,
    clock,
    random,
    repository: state.deliveries,
    access,
    spool,
    receipts:
      state.makeReceipts?.({
        origin: config.origin,
        witnesses: witnesses.map((witness) => witness.directory),
        keys: () => logKeys(keys.keys),
        reloadKeys,
      }) ?? evidenceReceipts(evidence),
    name: `${hostname()}:${process.pid}`,
    concurrency: config.worker.concurrency,
    smallConcurrency: config.worker.smallConcurrency,
    isSpoolShared: state.isShared,
    onEvent: (event) => deliveryNews.tell(event),
  })
  const deliveries = new DeliveryService({
    circuits,
    backfillSpacingMs,
    clock: state.clock,
    random,
    repository: state.deliveries,
    routes: state.routes,
    access,
    spool,
    wake: () => worker.wake(),
    reserve: () => worker.reserve(),
  })
  const onFault = options.onWatchFault ?? (() => {})
  const scheduler = new Scheduler({
    clock: state.clock,
    tenant,
    worker: `${hostname()}:${process.pid}`,
    schedules: state.schedules,
    repository: state.deliveries,
    service: deliveries,
    onFault: (_schedule, error) => onFault(error),
  })
  const house: House = {
    version,
    tenant,
    clock,
    random,
    connections: state.connections,
    routes: state.routes,
    tickets: state.tickets,
    sessions: state.signInSessions,
    schedules: state.schedules,
    scheduler,
    scheduleFolders: config.schedules.folders,
    canaryEveryHours: config.canary.everyHours,
    watch: state.watch,
    alertedFor: (connection) => [
      ...webhooks.map(({ url }) => webhookName(url)),
      ...(mail?.recipients ?? [])
        .filter(({ connections }) => connections?.includes(connection) ?? true)
        .map(({ address }) => mailName(address)),
    ],
    ticketTemplate,
    deliveries,
    deliveryNews,
    newsOfOthers: news,
    evidence,
    evidenceKeys: keys,
    logStore,
    context,
    tracing,
    record: async (entries) => {
      await state.record(tenant, entries)
    },
  }
  const watch = makeWatch(house, {
    pace: { everyMs: config.watch.everySeconds * 1000, jitter: config.watch.jitter },
    webhooks,
    mail,
    claims: config.operatorClaims,
    onFault,
  })
  const canaries = makeCanaries(house, config.operatorClaims, onFault)
  const schedules = makeScheduleLoop(house, onFault, () => canaries.turn())
  let closing: Promise<void> | null = null
  return {
    house,
    isShared: state.isShared,
    async startWorking() {
      answerFollowers()
      worker.start()
      await state.queue?.work({ wake: () => worker.wake(), keepHouse: () => worker.keepHouse() })
    },
    worker,
    spool,
    watch,
    schedules,
    onDelivery: (listener) => deliveryNews.on(listener),
    ping: () => state.ping(),
    close: ({ drainMs = 5_000 } = {}) => {
      closing ??= Promise.all([watch.stop(), schedules.stop(), worker.stop({ drainMs })]).then(() => state.close())
      return closing
    },
  }
}

function connectionContext(
  options: HouseOptions,
  keys: State['evidenceKeys'],
  tokens: IdentityTokens | null,
): ConnectionContext {
  const { config, clock, random, provider } = options
  const { region, stsEndpoint = null } = config
  const base =
    provider === null
      ? null
      : createBaseIdentity({ ...(provider === undefined ? {} : { provider }), region, stsEndpoint, clock })
  return {
    clock,
    random,
    base,
    sessions: sessionCache(base, tokens, clock),
    tokens,
    egress: config.egress,
    observedAddress: config.observedAddress ?? null,
    ownAccounts: config.ownAccounts,
    allowedEndpoints: config.allowedEndpoints.map((endpoint) => new URL(endpoint).origin),
    get evidencePublicKeyPem() {
      return exportPublicKeyPem(keys.keys.current.publicKey)
    },
    get formerEvidenceKeys() {
      return keys.keys.former.map(({ publicKey, until }) => ({ publicKeyPem: exportPublicKeyPem(publicKey), until }))
    },
    stsEndpoint,
    hosting: config.hosting,
    ...(config.kit.templateBucketUrl === undefined ? {} : { kitTemplateBucketUrl: config.kit.templateBucketUrl }),
  }
}

function sessionCache(base: BaseIdentity | null, tokens: IdentityTokens | null, clock: Clock): SessionCache {
  return new SessionCache({
    clock,
    assume: async (request, signal) => {
      if (request.webIdentity !== undefined) {
        if (tokens === null) throw noTokens()
        return assumeRoleWithWebIdentity(tokens, request, signal === undefined ? { clock } : { clock, signal })
      }
      if (base === null) throw new TypeError('a role was asked for without an identity of our own')
      return assumeRole(await base.credentials(), request, signal === undefined ? { clock } : { clock, signal })
    },
  })
}

function noTokens(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'no-base-identity',
    message: 'this deployment has no ID tokens of its own any more',
    help: 'put `webIdentity` back into the configuration',
  })
}
