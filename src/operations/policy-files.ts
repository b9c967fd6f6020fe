/** The policy language over files: reading them, and handing each to the pure functions of `iam`. Needs no service. */
import { readFile } from 'node:fs/promises'
import { DrawbridgeError } from '../base/index.ts'
import { type CallFile, readCallFile } from '../cases/index.ts'
import type { OperationInput, OperationOutput } from '../contract/index.ts'
import {
  checkPolicy,
  comparePolicySets,
  decideCall,
  diffPolicySets,
  explainCall,
  type RepairProposal,
  repairCall,
  type SetupModel,
  writeSessionPolicy,
  writeSetupPolicies,
} from '../iam/index.ts'
import { renderComparison, renderExplanation, renderFindings } from '../terminal/index.ts'

type FileResults = OperationOutput<'policy.check'>
type FileResult = FileResults['results'][number]

const maximumFileBytes = 1_000_000

/** Checks policies of one kind. @throws report-unreadable */
export async function checkPolicies(input: OperationInput<'policy.check'>): Promise<FileResults> {
  const { kind, ourPrincipal, externalId, sessionTagKeys, egress } = input
  const options = {
    kind,
    ...(ourPrincipal === undefined ? {} : { ourPrincipal }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(sessionTagKeys === undefined ? {} : { sessionTagKeys }),
    ...(egress === undefined ? {} : { egress }),
  }
  const results = input.files.map(async (file): Promise<FileResult> => {
    const text = await readBounded(file)
    const findings = checkPolicy(text, options)
    const ok = !findings.some(({ severity }) => severity === 'error' || severity === 'security-warning')
    return { file, name: file, ok, text: renderFindings(text, findings), data: asJson({ findings }) }
  })
  return { results: await Promise.all(results) }
}

/** Explains the verdict on each call. @throws report-unreadable | input-invalid */
export async function explainCalls(input: OperationInput<'policy.explain'>): Promise<FileResults> {
  return overCalls(input.calls, ({ call, policies, texts }) => {
    const explanation = explainCall(call, policies)
    const ok = explanation.decision === 'allowed'
    return { ok, text: renderExplanation(explanation, texts), data: asJson(explanation) }
  })
}

/** Proposes repairs of each call; a call that is allowed needs none. @throws report-unreadable | input-invalid */
export async function repairCalls(input: OperationInput<'policy.repair'>): Promise<FileResults> {
  return overCalls(input.calls, ({ call, policies, ours, otherCalls }) => {
    if (decideCall(call, policies).decision === 'allowed') {
      return { ok: true, text: 'allowed as it is: nothing to repair\n', data: { decision: 'allowed', repairs: [] } }
    }
    const repairs = repairCall(call, policies, ours, otherCalls)
    const text = repairs.length === 0 ? 'no repair was found\n' : `${repairs.map(repairText).join('\n')}`
    return { ok: repairs.length > 0, text, data: asJson({ decision: 'denied', repairs }) }
  })
}

/** Compares the policies of each file with its `before`. @throws report-unreadable | input-invalid */
export async function compareCalls(input: OperationInput<'policy.compare'>): Promise<FileResults> {
  return overCalls(input.calls, ({ name, call, before, policies, otherCalls }) => {
    if (before === null) {
      throw new DrawbridgeError({
        code: 'input-invalid',
        message: `\`${name}\` holds one version of the policies only`,
        help: 'put the earlier version into the member `before`; docs/schemas/iam-call.json describes the form',
      })
    }
    const verdicts = comparePolicySets(before, policies, [call, ...otherCalls])
    const differences = diffPolicySets(before, policies)
    const data = asJson({ verdicts, policies: differences })
    return { ok: verdicts.length === 0, text: renderComparison(verdicts, differences), data }
  })
}

/** Writes the policies of both sides, and the session policy that narrows ours. */
export async function writePolicies(input: OperationInput<'policy.write'>): Promise<OperationOutput<'policy.write'>> {
  const partition = partitionOf(input.ourPrincipal)
  const model: SetupModel = {
    partition,
    purpose: input.purpose,
    bucket: input.bucket,
    rootPath: input.rootPath ?? '',
    bucketOwner: input.bucketOwner,
    roleArn:
      input.roleArn ?? `arn:${partition}:iam::${input.bucketOwner}:role/drawbridge-${input.bucket}`.slice(0, 200),
    vendorPrincipalArn: input.ourPrincipal,
    externalId: input.externalId ?? null,
    kmsKeyArn: input.kmsKeyArn ?? null,
    acl: input.acl ?? false,
    resume: input.resume ?? false,
    sessionTagKeys: input.sessionTagKeys ?? [],
    sourceIdentity: true,
  }
  const { trust, permissions, bucket, key, base } = writeSetupPolicies(model)
  const session = writeSessionPolicy(model)
  const written = { trust, permissions, bucket, ...(key === null ? {} : { key }), base, session }
  return { policies: Object.fromEntries(Object.entries(written).map(([name, policy]) => [name, asJson(policy)])) }
}

function partitionOf(arn: string): SetupModel['partition'] {
  const [, partition] = arn.split(':', 2)
  return partition === 'aws-cn' || partition === 'aws-us-gov' ? partition : 'aws'
}

function repairText(repair: RepairProposal, place: number): string {
  const side = repair.side === 'ours' ? 'our side' : 'their side'
  const lines = [
    `${place + 1}. ${repair.summary}`,
    `   ${side}, ${repair.proved ? 'proved to work' : 'not proved'}; opens: ${repair.opens}`,
  ]
  const diff = repair.patch?.diff.replace(/\n$/, '').split('\n') ?? []
  return `${[...lines, ...diff.map((line) => `     ${line}`)].join('\n')}\n`
}

async function overCalls(
  paths: readonly string[],
  work: (file: CallFile) => Pick<FileResult, 'ok' | 'text' | 'data'>,
): Promise<FileResults> {
  const results: FileResult[] = []
  for (const file of paths) {
    const read = await readCall(file)
    results.push({ file, name: read.name, ...work(read) })
  }
  return { results }
}

async function readCall(path: string): Promise<CallFile> {
  const help = 'docs/schemas/iam-call.json describes the form of a call'
  let value: unknown
  try {
    value = JSON.parse(await readBounded(path))
  } catch (cause) {
    if (cause instanceof DrawbridgeError) throw cause
    throw new DrawbridgeError({ code: 'input-invalid', message: `\`${path}\` is not JSON`, help, cause })
  }
  const read = readCallFile(value)
  if (read.ok) return read.value
  throw new DrawbridgeError({ code: 'input-invalid', message: `\`${path}\`: ${read.error}`, help })
}

async function readBounded(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DrawbridgeError({ code: 'report-unreadable', message: `\`${path}\` can not be read`, cause })
  })
  if (bytes.length <= maximumFileBytes) return bytes.toString('utf8')
  throw new DrawbridgeError({ code: 'input-invalid', message: `\`${path}\` is larger than 1 MB` })
}

/** What goes out is JSON: members without a value are left out. */
function asJson(value: unknown): FileResult['data'] {
  return JSON.parse(JSON.stringify(value))
}
