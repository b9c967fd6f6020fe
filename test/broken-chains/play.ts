/**
 * Plays a broken chain: set up and green, broken and red, explained in both views, repaired and green again. Answers what was
 * found and every difference from what was expected; nothing is judged by eye.
 */
import {
  type ConnectionContext,
  type ConnectionSecret,
  type SessionIdentity,
  verifyConnection,
} from '../../src/connection/index.ts'
import type { Cause, Chain, Connection, Diagnosis, Repair, Verification } from '../../src/contract/index.ts'
import { type Azurite, startAzurite } from '../servers/azurite.ts'
import { AwsScene } from './aws-scene.ts'
import { AwsStage } from './aws-stage.ts'
import { AzureScene } from './azure-scene.ts'
import type { AdministratorFinds, BrokenChain, VendorFinds } from './chain.ts'

/** What became of one chain. */
export interface Played {
  readonly chain: BrokenChain
  /** The vendor's first cause, at its link. */
  readonly vendor: string
  /** The administrator's first cause, with policy and condition. */
  readonly administrator: string
  /** Side and words of the first repair, and whether a machine applied it. */
  readonly repair: string
  readonly isByMachine: boolean
  readonly milliseconds: number
  /** Every difference from the table; empty: all as expected. */
  readonly wrong: readonly string[]
}

/** The clouds on which chains are broken. */
export interface Clouds {
  play(chain: BrokenChain): Promise<Played>
  close(): Promise<void>
}

/** Starts the sandbox and Azurite. Close them. */
export async function startClouds(): Promise<Clouds> {
  const [stage, azurite] = await Promise.all([AwsStage.start(), startAzurite()])
  return {
    play: async (chain) => {
      const begin = performance.now()
      try {
        return await play(stage, azurite, chain)
      } catch (error) {
        return {
          ...nothingFound(chain, begin),
          wrong: [`broke off: ${error instanceof Error ? error.message : String(error)}`],
        }
      }
    },
    async close() {
      await Promise.all([stage.close(), azurite.close()])
    },
  }
}

/** What both kinds of scenes have. */
interface Subject {
  connection: Connection
  readonly secret: ConnectionSecret
  readonly identity: SessionIdentity
  readonly context: ConnectionContext
}

async function play(stage: AwsStage, azurite: Azurite, chain: BrokenChain): Promise<Played> {
  const begin = performance.now()
  if (chain.cloud === 'azure') {
    const scene = await AzureScene.set(azurite, chain.name, chain.wish ?? {})
    return act(chain, scene, begin, {
      break: async () => chain.break(scene),
      explain: async () => null,
      mend: async () => chain.mend?.(scene),
    })
  }
  const scene = await AwsScene.set(stage, chain.name, chain.wish ?? {})
  try {
    return await act(chain, scene, begin, {
      break: async () => chain.break(scene),
      explain: () => (chain.administrator === 'blind' ? Promise.resolve(null) : scene.explain()),
      mend: async (repair) => {
        if (chain.mend !== undefined) await chain.mend(scene)
        else if (!(await scene.apply(repair))) throw new Error(`nobody can apply \`${repair.summary}\``)
      },
    })
  } finally {
    scene.strike()
  }
}

function isPartOf(whole: Repair, one: Repair): boolean {
  return whole.summary.includes('needed together with') && one.summary.includes('needed together with')
}

interface Acts {
  break(): Promise<void>
  explain(): Promise<Diagnosis | null>
  mend(repair: Repair): Promise<void>
}

async function act(chain: BrokenChain, scene: Subject, begin: number, acts: Acts): Promise<Played> {
  const before = await verify(scene)
  const wrong = before.status === 'pass' ? [] : [`not green before it was broken: ${failures(before)}`]
  // It worked, so the diagnosis is that of a connection that was changed.
  scene.connection = { ...scene.connection, state: 'active', lastVerification: before }
  await acts.break()
  const broken = await verify(scene)
  if (broken.status !== 'fail') wrong.push(`\`${broken.status}\` after it was broken: ${failures(broken)}`)
  const vendor = broken.diagnosis
  if (vendor === undefined) {
    return { ...nothingFound(chain, begin), wrong: [...wrong, 'the vendor has no diagnosis'] }
  }
  wrong.push(...vendorDifferences(chain.vendor, broken, vendor))
  const seen = await acts.explain()
  wrong.push(...administratorDifferences(chain.administrator, seen))
  const repairs = (seen?.causes[0] ?? vendor.causes[0])?.repairs ?? []
  const [repair] = repairs
  wrong.push(...repairDifferences(chain, repair))
  if (repair !== undefined) {
    // A repair of several parts is told part by part.
    const parts = chain.mend === undefined ? repairs.filter((one) => one === repair || isPartOf(repair, one)) : [repair]
    for (const part of parts) await acts.mend(part)
    const after = await verify(scene)
    if (after.status !== 'pass') wrong.push(`not green after the repair: ${failures(after)}`)
  }
  return {
    ...nothingFound(chain, begin),
    vendor: describe(vendor.causes[0], redOf(vendor.chain)),
    administrator: seen === null ? '–' : describe(seen.causes[0], redOf(seen.chain)),
    repair: repair === undefined ? 'none' : `${repair.side}: ${repair.summary}`,
    wrong,
  }
}

function nothingFound(chain: BrokenChain, begin: number): Played {
  return {
    chain,
    vendor: 'none',
    administrator: 'none',
    repair: 'none',
    isByMachine: chain.mend === undefined,
    milliseconds: performance.now() - begin,
    wrong: [],
  }
}

async function verify({ connection, secret, identity, context }: Subject): Promise<Verification> {
  for await (const event of verifyConnection(connection, secret, identity, context)) {
    if (event.type === 'done') return event.verification
  }
  throw new Error('the verification ended without a report')
}

function failures(verification: Verification): string {
  return verification.checks
    .filter((check) => check.status !== 'pass' && check.status !== 'skipped')
    .map((check) => `${check.id} ${check.status}: ${check.detail}`)
    .join('; ')
}

function redOf(chain: Chain): string[] {
  return chain.links.filter((link) => link.status === 'fail').map((link) => link.id)
}

function describe(cause: Cause | undefined, red: readonly string[]): string {
  if (cause === undefined) return 'nothing to blame'
  const { statement } = cause
  const where =
    statement === undefined ? '' : `, ${statement.policy}${statement.index === undefined ? '' : ` ${statement.index}`}`
  const condition = statement?.condition === undefined ? '' : `, ${statement.condition.key}`
  return `${red.join('+') || '–'}: ${cause.id} (${cause.confidence}${where}${condition})`
}

function vendorDifferences(expected: VendorFinds, broken: Verification, found: Diagnosis): string[] {
  const ids = found.causes.map((cause) => cause.id)
  const [first] = found.causes
  const isFound = expected.among === true ? ids.includes(expected.cause) : ids[0] === expected.cause
  return [
    ...differ('the red link of the verification', [expected.red], redOf(broken.chain)),
    ...differ('the red link of the vendor', [expected.red], redOf(found.chain)),
    ...(isFound ? [] : [`the vendor found ${ids.join(', ')}, expected ${expected.cause}`]),
    ...(expected.among === true && first?.confidence === 'likely' ? [`the vendor holds ${first.id} for likely`] : []),
    ...(found.causes.some((cause) => cause.confidence === 'proved') ? ['the vendor claims a proof'] : []),
  ]
}

function administratorDifferences(expected: BrokenChain['administrator'], found: Diagnosis | null): string[] {
  if (expected === 'blind') return found === null ? [] : ['there was something to read after all']
  if (found === null) return ['the administrator saw nothing']
  if (expected === null) {
    const blamed = found.causes.map((cause) => cause.id)
    return blamed.length === 0 ? [] : [`the administrator blames ${blamed.join(', ')}, and nothing is wrong there`]
  }
  return causeDifferences(expected, found)
}

function causeDifferences(expected: AdministratorFinds, found: Diagnosis): string[] {
  const [cause] = found.causes
  const isProved = expected.isProved ?? true
  return [
    ...differ('the red link of the administrator', [expected.red], redOf(found.chain)),
    ...differ('the cause of the administrator', expected.cause, cause?.id),
    ...differ('the policy of the administrator', expected.policy, cause?.statement?.policy),
    ...differ('the condition of the administrator', expected.condition, cause?.statement?.condition?.key),
    ...differ('the confidence of the administrator', isProved ? 'proved' : 'likely', cause?.confidence),
  ]
}

function differ(what: string, expected: unknown, found: unknown): string[] {
  const [one, other] = [JSON.stringify(expected), JSON.stringify(found)]
  return one === other ? [] : [`${what}: ${other ?? 'none'}, expected ${one ?? 'none'}`]
}

function repairDifferences(chain: BrokenChain, repair: Repair | undefined): string[] {
  if (repair === undefined) return ['there is no repair']
  const { by, says } = chain.repair
  const isProvable = repair.patch !== undefined && chain.administrator !== 'blind'
  return [
    ...differ('the side of the repair', by, repair.side),
    ...(says.test(repair.summary) ? [] : [`the repair says \`${repair.summary}\`, expected ${says}`]),
    ...(isProvable && !repair.proved && !isUnproved(chain) ? ['the repair was not tried on the evaluator'] : []),
  ]
}

function isUnproved({ administrator }: BrokenChain): boolean {
  return typeof administrator === 'object' && administrator?.isProved === false
}
