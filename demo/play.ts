/** Plays one scenario: set up, deliver, break, explain both ways, deliver elsewhere, repair, backfill, check the proof. */
import path from 'node:path'
import type {
  Connection,
  ConnectionChange,
  Delivery,
  Diagnosis,
  DrawbridgeClient,
  Repair,
  SetupKit,
  Verification,
} from '../src/contract/index.ts'
import { customerAccountId } from '../src/sandbox/index.ts'
import { diagnoseAsAdministrator } from './administrator.ts'
import { makeContainer } from './azure.ts'
import { Customer, type CustomerNames } from './customer.ts'
import { draw } from './draw.ts'
import { checkPackages, saveFiles } from './proof.ts'
import { patienceMs, type ReportSource, uploadReport } from './report.ts'
import type { Scenario } from './scenarios.ts'
import { region, type Stage } from './stage.ts'
import type { Story } from './story.ts'

export interface Play {
  readonly stage: Stage
  readonly story: Story
  readonly root: string
  readonly scenario: Scenario
  readonly report: ReportSource
  /** False: only what the scenario is about is shown. */
  readonly atLength: boolean
}

/** Whom and what one scenario is played with. */
export interface Cast {
  readonly names: CustomerNames
  readonly customer: Customer
  readonly s3: string
  readonly azure: string
  readonly route: string
  readonly folder: string
  readonly kit: SetupKit
  readonly person: DrawbridgeClient
}

const person = 'maria.keller'

/** Plays the scenario and throws at the first thing that is not as it must be. */
export async function play(parts: Play): Promise<void> {
  const { stage, story, scenario } = parts
  story.chapter('A person signs in, and the connections are set up')
  const cast = await setUp(parts)
  story.chapter('A report is delivered in her name')
  await deliver(parts, cast, { [cast.s3]: 'delivered' })
  story.chapter(`Six good months later: ${scenario.story}`)
  const owed = await breakAndDeliver(parts, cast)
  story.chapter('Why? Two views of one refusal')
  const repair = await explain(parts, cast, owed)
  story.chapter('The repair, and the backfill')
  await repairAndBackfill(parts, cast, owed, repair)
  story.chapter('Both receipts, checked without us')
  await checkPackages({ story, root: parts.root, stage, kit: cast.kit, folder: cast.folder, cast, delivery: owed.id })
  cast.customer.close()
}

/** Signs the person in and sets both connections and their route up. */
export async function setUp(parts: Play): Promise<Cast> {
  const { stage, story, scenario } = parts
  const signedIn = await stage.signIn(person)
  const { signedIn: who } = await signedIn.service.status({})
  story.good(`${who.displayName ?? who.subject} signed in at ${stage.provider.issuer} (OpenID Connect, code and PKCE)`)
  const { accessKeyId, secretAccessKey } = stage.sandbox.customer
  const customer = new Customer({ endpoint: stage.sandbox.endpoint, region, accessKeyId, secretAccessKey })
  const bucket = `acme-audit-${scenario.name}`
  const keyArn = await customer.makeBucket(bucket, scenario.encrypted === true)
  const s3 = `acme-${scenario.name}`
  const prepared = await stage.operator.connection.prepare({})
  story.line(`External ID ${prepared.externalId} and principal ${prepared.principal}, before anything is saved`)
  const connection = await stage.operator.connection.add({
    name: s3,
    purpose: 'export',
    location: {
      service: 's3',
      uri: `s3://${bucket}`,
      rootPath: 'audit/',
      region,
      bucketOwner: customerAccountId,
      endpoint: stage.sandbox.endpoint,
    },
    authentication: { kind: 'role', reservation: prepared.reservation },
    identityMapping: {
      sourceIdentityClaim: 'sub',
      tags: [{ tag: 'department', claim: 'department', required: true }],
    },
    writing: {
      acl: 'bucket-owner-full-control',
      ...(keyArn === null ? {} : { encryption: { kind: 'sse-kms', keyArn } }),
    },
  })
  const kit = await stage.operator.connection.kit({ name: s3 })
  const folder = path.join(stage.folder, scenario.name)
  saveFiles(path.join(folder, 'kit'), kit.files)
  story.good(`set-up kit written: ${kit.files.map((file) => file.path).join(', ')}`)
  const names = { bucket, role: roleName(connection), keyArn }
  const applied = await customer.applyKit(kit, names)
  story.good(`the customer applies it through IAM and S3: ${applied.join(', ')}`)
  await verify(parts, signedIn, s3, 'pass')
  const azure = await addAzure(parts, signedIn)
  const route = `audit-${scenario.name}`
  await stage.operator.route.add({ name: route, policy: 'failover', targets: [s3, azure] })
  story.good(`route ${route}: ${s3} first, ${azure} as the backup`)
  return { names, customer, s3, azure, route, folder, kit, person: signedIn }
}

function roleName(connection: Connection): string {
  if (connection.authentication.kind !== 'role') throw new TypeError('the connection is not one by role')
  return connection.authentication.roleArn.split('/').at(-1) ?? ''
}

async function addAzure(parts: Play, signedIn: DrawbridgeClient): Promise<string> {
  const { stage, scenario } = parts
  const name = `acme-azure-${scenario.name}`
  const container = await makeContainer(stage.azurite, `audit-${scenario.name}`)
  await stage.operator.connection.add({
    name,
    purpose: 'export',
    location: { service: 'azblob', containerUrl: container.url, rootPath: 'audit/' },
    authentication: { kind: 'sas', token: container.sas },
  })
  await verify(parts, signedIn, name, 'pass')
  return name
}

/** Runs a verification in the person's name and shows its checks as they end. */
async function verify(
  parts: Play,
  client: DrawbridgeClient,
  name: string,
  expected: Verification['status'],
): Promise<Verification> {
  const { story } = parts
  for await (const event of client.connection.verify({ name })) {
    if (event.type === 'check') {
      if (parts.atLength) story.quote(draw.check(event.check))
      continue
    }
    if (event.type === 'wait') continue
    const { verification } = event
    if (verification.status !== expected) {
      story.quote(draw.verification(verification))
      throw new Error(`the verification of ${name} ended in \`${verification.status}\`, not in \`${expected}\``)
    }
    const passed = verification.checks.filter((check) => check.status === 'pass').length
    const text = `${name}: verification ${verification.status}, ${passed} of ${verification.checks.length} checks pass`
    if (expected === 'pass') story.good(text)
    else story.bad(text)
    return verification
  }
  throw new Error(`the verification of ${name} ended without a result`)
}

/** Delivers the report and waits until the targets are in the wanted states. */
export async function deliver(
  parts: Play,
  cast: Cast,
  wanted: Readonly<Record<string, 'delivered' | 'refused'>>,
): Promise<Delivery> {
  const uploads = await uploadReport(parts.report, cast.person, parts.stage.operator)
  const accepted = await cast.person.delivery.create({ route: cast.route, report: parts.report.name, uploads })
  const delivery = await settled(parts, cast.person, accepted.id, (found) =>
    Object.entries(wanted).every(([name, state]) => targetOf(found, name).state === state),
  )
  for (const name of Object.keys(wanted)) {
    const target = targetOf(delivery, name)
    const text = `${name}: ${target.state}${target.verificationLevel ? ` (${target.verificationLevel})` : ''}${target.reason ? `, ${target.reason}` : ''}`
    if (target.state === 'delivered') parts.story.good(text)
    else parts.story.bad(text)
  }
  return delivery
}

function targetOf(delivery: Delivery, name: string): Delivery['targets'][number] {
  const found = delivery.targets.find((target) => target.connection === name)
  if (found === undefined) throw new TypeError(`the delivery has no target \`${name}\``)
  return found
}

/** Asks for a delivery until it is as wanted, or patience ends. */
async function settled(
  parts: Play,
  client: DrawbridgeClient,
  id: string,
  isAsWanted: (delivery: Delivery) => boolean,
): Promise<Delivery> {
  for (const deadline = Date.now() + patienceMs(parts.report); ; ) {
    const delivery = await client.delivery.show({ id })
    if (isAsWanted(delivery)) return delivery
    if (Date.now() > deadline) {
      throw new Error(`the delivery is still \`${delivery.state}\`: ${JSON.stringify(delivery.targets)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The customer's IT edits a policy. A trust policy does not touch sessions that are out already, so time must pass. */
export async function breakAndDeliver(parts: Play, cast: Cast): Promise<Delivery> {
  const { stage, story, scenario } = parts
  const facts = { bucket: cast.names.bucket, roleArn: `arn:aws:iam::${customerAccountId}:role/${cast.names.role}` }
  await cast.customer.edit(cast.names, scenario.edits, (policy) => scenario.change(policy, facts))
  const red = await verify(parts, cast.person, cast.s3, 'fail')
  if (scenario.edits === 'trust') {
    story.line(`red since ${red.redSince}; a session issued before still works until ${red.sessionValidUntil}`)
    if (red.redSince === undefined || red.sessionValidUntil === undefined) {
      throw new Error('a red verification does not say since when, and until when the old session works')
    }
    await deliver(parts, cast, { [cast.s3]: 'delivered' })
    story.line('an hour passes in the sandbox, and with it the session')
    stage.sandbox.advance(3_700_000)
  }
  return deliver(parts, cast, { [cast.s3]: 'refused', [cast.azure]: 'delivered' })
}

/** Shows the vendor's view and the administrator's, and holds both to what they may and must say. */
async function explain(parts: Play, cast: Cast, owed: Delivery): Promise<Repair> {
  const { story, scenario, stage } = parts
  const vendor = targetOf(owed, cast.s3).diagnosis
  if (vendor === undefined) throw new Error('the refused target carries no diagnosis')
  story.line('what the vendor sees (the error, and probes within our rights):')
  story.quote(draw.diagnosis(parts.atLength ? vendor : inShort(vendor)))
  if (vendor.causes.some((cause) => cause.confidence === 'proved')) {
    throw new Error("the vendor's view claims to have proved a cause that it can't see")
  }
  const administrator = await diagnoseAsAdministrator(parts.root, stage, cast.s3, cast.names)
  story.line("what the customer's administrator sees (with read access to the policies):")
  story.quote(draw.diagnosis(parts.atLength ? administrator : inShort(administrator)))
  return judge(scenario, administrator)
}

/** The first cause alone, for a story among others. */
function inShort(diagnosis: Diagnosis): Diagnosis {
  const { nextStep: _, ...rest } = diagnosis
  return { ...rest, causes: diagnosis.causes.slice(0, 1), ruledOut: [], notSeen: [] }
}

function judge(scenario: Scenario, diagnosis: Diagnosis): Repair {
  const [cause] = diagnosis.causes
  const red = diagnosis.chain.links.find((link) => link.status === 'fail')?.id
  const [repair] = cause?.repairs ?? []
  const found = { red, statementIn: cause?.statement?.policy, repairedBy: repair?.side }
  const expected = { red: scenario.red, statementIn: scenario.statementIn, repairedBy: scenario.repairedBy }
  if (repair === undefined || JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`the diagnosis found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`)
  }
  return repair
}

async function repairAndBackfill(parts: Play, cast: Cast, owed: Delivery, repair: Repair): Promise<void> {
  const { stage, story } = parts
  if (repair.patch !== undefined) {
    const kind = repair.patch.policy
    if (kind !== 'trust' && kind !== 'permissions' && kind !== 'bucket' && kind !== 'key') {
      throw new Error(`nobody in this story can edit the ${kind} policy`)
    }
    await cast.customer.replace(cast.names, kind, repair.patch.after)
  } else if (repair.change !== undefined) {
    await stage.operator.connection.change({ name: cast.s3, ...changeOf(repair.change) })
  }
  story.good(`${repair.side === 'ours' ? 'on our side' : 'the customer applies it'}: ${repair.summary}`)
  await verify(parts, cast.person, cast.s3, 'pass')
  const filled = await settled(parts, cast.person, owed.id, (found) => found.state === 'delivered')
  for (const target of filled.targets) story.good(`${target.connection}: ${target.state} (${target.verificationLevel})`)
}

/** A repair's change of a setting, as the input of `connection.change`. */
function changeOf(change: NonNullable<Repair['change']>): ConnectionChange {
  if (change.setting === 'stsRegion') return { stsRegion: String(change.to) }
  if (change.setting === 'identityMapping') {
    return { identityMapping: change.to as ConnectionChange['identityMapping'] } as ConnectionChange
  }
  return { writing: { [change.setting]: change.to } } as ConnectionChange
}
