/**
 * The way of one request: whose service it is for, what it wants, what a fault rule makes of it, who sent it, and the
 * answer of the service. Knows no sockets; `server.ts` does.
 */
import type { DecisionRecord } from './access/authorize.ts'
import { globalContext, sourceAddress } from './access/context.ts'
import type { FaultAction, Faults } from './control/faults.ts'
import type { History, HistoryEntry } from './control/history.ts'
import { AwsError } from './http/aws-error.ts'
import { type Answer, type Call, readPairs, readSmallBody } from './http/call.ts'
import { errorAnswer, queryAnswer, type ServiceName } from './http/dialect.ts'
import type { Form } from './http/form.ts'
import { answerIam } from './iam/service.ts'
import { answerKms, type JsonObject } from './kms/service.ts'
import type { S3State } from './s3/request.ts'
import { checkRegion, chooseOperation, readTarget } from './s3/service.ts'
import { sha256Hex } from './signature/canonical.ts'
import { type Claim, readClaim } from './signature/credential.ts'
import { authenticationError } from './signature/problem.ts'
import { declaredPayloadHash, type Verified, verifyClaim } from './signature/verify.ts'
import type { IssuerKeys } from './sts/issuer-keys.ts'
import { answerSts, answerToken, tokenAction } from './sts/service.ts'
import type { Caller } from './world/entities.ts'

/** What every request meets. */
export interface Gateway {
  readonly s3: S3State
  readonly faults: Faults
  readonly history: History
  readonly minimumSessionSeconds: number
  readonly issuerKeys: IssuerKeys
  /** From where callers seem to come who have a token and no account. */
  readonly tokenOriginId: string
  /** Aborted when the sandbox closes: nobody waits any longer. */
  readonly closing: AbortSignal
}

/** What becomes of a request: an answer, or a connection that is cut. */
export interface Outcome {
  readonly answer: Answer
  readonly cut: boolean
}

/** Thrown where a fault rule cuts the connection. */
class Cut extends Error {}

/** What is known of a request so far; history is written from it, whatever happens. */
interface Trace {
  service: ServiceName
  operation: string
  resource: string
  claim: Claim | null
  caller: Caller | null
  readonly decisions: DecisionRecord[]
  actions: readonly FaultAction[]
}

const smallBodyBytes = 1024 * 1024

/** Takes one request to its end. Never throws: a fault of the sandbox itself is a 500 in the service's words. */
export async function handle(gateway: Gateway, call: Call): Promise<Outcome> {
  const trace: Trace = {
    service: 's3',
    operation: '',
    resource: '',
    claim: null,
    caller: null,
    decisions: [],
    actions: [],
  }
  let answer: Answer
  let error: AwsError | null = null
  let cut = false
  try {
    answer = await route(gateway, call, trace)
  } catch (cause) {
    cut = cause instanceof Cut
    error = cause instanceof AwsError ? cause : internalError()
    answer = errorAnswer(trace.service, error, call.requestId, hostId(call))
  }
  gateway.history.add(entry(gateway, call, trace, answer.status, error))
  return { answer, cut: cut || trace.actions.some((action) => action.kind === 'lost-answer') }
}

async function route(gateway: Gateway, call: Call, trace: Trace): Promise<Answer> {
  trace.service = serviceHint(call)
  const claim = readClaim(call)
  trace.claim = claim
  if (claim === null && trace.service === 's3') return await routeS3(gateway, call, trace, null)
  const service = claim?.scope.service ?? trace.service
  if (service !== 's3' && service !== 'sts' && service !== 'iam' && service !== 'kms') {
    throw new AwsError({
      code: 'NotImplemented',
      status: 501,
      message: 'The sandbox offers S3, STS, IAM and KMS only.',
    })
  }
  trace.service = service
  if (service === 's3') return await routeS3(gateway, call, trace, claim)
  return service === 'kms'
    ? await routeKms(gateway, call, trace, claim)
    : await routeQuery(gateway, call, trace, claim, service)
}

/** For which service an unsigned request, or one with a broken signature, was probably meant. */
function serviceHint(call: Call): ServiceName {
  if (call.headers.get('x-amz-target')?.startsWith('TrentService.') === true) return 'kms'
  const form = call.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true
  if (call.method === 'POST' && form && call.rawPath === '/') return 'sts'
  return 's3'
}

async function routeS3(gateway: Gateway, call: Call, trace: Trace, claim: Claim | null): Promise<Answer> {
  const target = readTarget(call)
  trace.resource = target.key === '' ? target.bucketName : `${target.bucketName}/${target.key}`
  const operation = chooseOperation(call, target)
  trace.operation = operation.name
  const reached = await misbehave(gateway, call, trace, target.bucketName)
  const bucket = gateway.s3.buckets.get(target.bucketName)
  const anywhere = operation.name === 'GetBucketLocation' || operation.name === 'CreateBucket'
  if (bucket !== undefined && !anywhere) checkRegion(bucket, claim, target)
  const { world } = gateway.s3
  const verified = claim === null ? null : verifyClaim(world, call, claim, signedPayload(call, claim))
  const caller: Caller = verified?.key.owner ?? { kind: 'anonymous' }
  trace.caller = caller
  const region = claim?.scope.region ?? bucket?.region ?? 'us-east-1'
  return await operation.run({
    state: gateway.s3,
    call: reached,
    caller,
    verified,
    region,
    bucketName: target.bucketName,
    key: target.key,
    context: { ...requestContext(gateway, call, caller, region), ...s3Context(gateway, call, claim) },
    record: trace.decisions,
    failsLate: trace.actions.some((action) => action.kind === 'error-in-200'),
  })
}

function signedPayload(call: Call, claim: Claim): string {
  const hash = declaredPayloadHash(call, claim)
  if (hash !== null) return hash
  throw new AwsError({
    code: 'InvalidRequest',
    status: 400,
    message: 'Missing required header for this request: x-amz-content-sha256',
  })
}

function s3Context(gateway: Gateway, call: Call, claim: Claim | null): Record<string, string> {
  const hash = call.headers.get('x-amz-content-sha256')
  const ageMs = claim === null ? 0 : gateway.s3.world.clock.now().getTime() - claim.signedAt.getTime()
  return {
    's3:TlsVersion': '1.3',
    ...(hash === undefined ? {} : { 's3:x-amz-content-sha256': hash }),
    ...(claim === null
      ? {}
      : {
          's3:signatureversion': 'AWS4-HMAC-SHA256',
          's3:authType': claim.form === 'header' ? 'REST-HEADER' : 'REST-QUERY-STRING',
          's3:signatureAge': String(Math.max(ageMs, 0)),
        }),
  }
}

async function routeQuery(
  gateway: Gateway,
  call: Call,
  trace: Trace,
  claim: Claim | null,
  service: 'sts' | 'iam',
): Promise<Answer> {
  const body = await readSmallBody(call, smallBodyBytes)
  const form = readForm(call, body)
  const action = (form.get('Action') ?? '').slice(0, 100)
  trace.operation = action
  trace.resource = form.get('RoleArn') ?? ''
  await misbehave(gateway, call, trace, '')
  if (service === 'sts' && action === tokenAction) return await routeToken(gateway, call, trace, claim, form)
  const verified = authenticate(gateway, call, trace, claim, body)
  const { world } = gateway.s3
  const { owner: caller } = verified.key
  const region = service === 'iam' ? 'us-east-1' : verified.claim.scope.region
  const context = requestContext(gateway, call, caller, region)
  const common = { world, caller, form, context, record: trace.decisions }
  if (service === 'iam') {
    const result = answerIam(action, { ...common, account: world.account(caller.accountId) })
    return queryAnswer('iam', action, result, call.requestId)
  }
  const result = answerSts(action, { ...common, minimumSessionSeconds: gateway.minimumSessionSeconds })
  return queryAnswer('sts', action, result, call.requestId)
}

/** The token is the proof of who asks; a signature is not looked at. */
async function routeToken(
  gateway: Gateway,
  call: Call,
  trace: Trace,
  claim: Claim | null,
  form: Form,
): Promise<Answer> {
  const { issuerKeys, minimumSessionSeconds, tokenOriginId } = gateway
  const { world } = gateway.s3
  const context = requestContext(gateway, call, { kind: 'anonymous' }, claim?.scope.region ?? 'us-east-1')
  const result = await answerToken({
    world,
    form,
    context: { ...context, 'aws:SourceIp': world.account(tokenOriginId).sourceAddress },
    record: trace.decisions,
    minimumSessionSeconds,
    issuerKeys,
    originAccountId: tokenOriginId,
  })
  return queryAnswer('sts', tokenAction, result, call.requestId)
}

function readForm(call: Call, body: Buffer): Form {
  const form = new Map<string, string>()
  for (const [name, value] of [...readPairs(body.toString('utf8')), ...call.query])
    if (!form.has(name)) form.set(name, value)
  return form
}

async function routeKms(gateway: Gateway, call: Call, trace: Trace, claim: Claim | null): Promise<Answer> {
  const body = await readSmallBody(call, smallBodyBytes)
  const action = (call.headers.get('x-amz-target') ?? '').replace(/^TrentService\./, '').slice(0, 100)
  trace.operation = action
  await misbehave(gateway, call, trace, '')
  const verified = authenticate(gateway, call, trace, claim, body)
  const { world, keys } = gateway.s3
  const { owner: caller } = verified.key
  const { region } = verified.claim.scope
  const input = readJson(body)
  const keyId = input['KeyId']
  trace.resource = typeof keyId === 'string' ? keyId.slice(0, 2048) : ''
  const context = requestContext(gateway, call, caller, region)
  const result = answerKms(action, { world, keys, caller, region, input, context, record: trace.decisions })
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(result) }
}

function readJson(body: Buffer): JsonObject {
  try {
    const value: unknown = JSON.parse(body.length === 0 ? '{}' : body.toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  } catch {
    // Refused below, like any other value that is no object.
  }
  throw new AwsError({ code: 'SerializationException', status: 400, message: '' })
}

/** STS, IAM and KMS take no anonymous callers, and sign the hash of the body. */
function authenticate(gateway: Gateway, call: Call, trace: Trace, claim: Claim | null, body: Buffer): Verified {
  if (claim === null) throw authenticationError(trace.service, { kind: 'anonymous' })
  const verified = verifyClaim(gateway.s3.world, call, claim, sha256Hex(body))
  trace.caller = verified.key.owner
  return verified
}

function requestContext(gateway: Gateway, call: Call, caller: Caller, region: string) {
  return globalContext(gateway.s3.world, caller, {
    region,
    userAgent: call.headers.get('user-agent') ?? null,
    referer: call.headers.get('referer') ?? null,
  })
}

/** Applies the rules that hit this request, and returns the call with what became of its body. */
async function misbehave(gateway: Gateway, call: Call, trace: Trace, bucket: string): Promise<Call> {
  trace.actions = gateway.faults.take(trace.service, trace.operation, bucket)
  let reached = call
  for (const action of trace.actions) {
    if (action.kind === 'latency') await gateway.s3.world.clock.sleep(action.milliseconds, gateway.closing)
    if (action.kind === 'slow-down') throw slowDown(trace.service)
    if (action.kind === 'internal-error') throw internalError()
    if (action.kind === 'expired-token') throw authenticationError(trace.service, { kind: 'expired-token' })
    if (action.kind !== 'reset') continue
    const { afterBytes } = action
    if (afterBytes === undefined) throw new Cut()
    reached = { ...call, openBody: () => cutBody(call.openBody(), afterBytes) }
  }
  return reached
}

async function* cutBody(body: AsyncIterable<Uint8Array>, afterBytes: number): AsyncGenerator<Uint8Array> {
  let left = afterBytes
  for await (const chunk of body) {
    left -= chunk.length
    if (left < 0) throw new Cut()
    yield chunk
  }
}

function slowDown(service: ServiceName): AwsError {
  if (service === 's3')
    return new AwsError({ code: 'SlowDown', status: 503, message: 'Please reduce your request rate.' })
  const code = service === 'kms' ? 'ThrottlingException' : 'Throttling'
  return new AwsError({ code, status: 400, message: 'Rate exceeded' })
}

function internalError(): AwsError {
  return new AwsError({
    code: 'InternalError',
    status: 500,
    message: 'We encountered an internal error. Please try again.',
  })
}

/** S3's second request id. */
export function hostId(call: Call): string {
  return Buffer.from(`sandbox ${call.requestId}`).toString('base64')
}

function entry(gateway: Gateway, call: Call, trace: Trace, status: number, error: AwsError | null): HistoryEntry {
  const { world } = gateway.s3
  const { caller } = trace
  return {
    at: world.clock.now(),
    requestId: call.requestId,
    service: trace.service,
    operation: trace.operation,
    principal: caller === null || caller.kind === 'anonymous' ? null : caller.arn,
    resource: trace.resource,
    decisions: trace.decisions,
    region: trace.claim?.scope.region ?? null,
    sourceAddress: caller === null ? null : sourceAddress(world, caller),
    expectedBucketOwner: call.headers.get('x-amz-expected-bucket-owner') ?? null,
    status,
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
    fault: trace.actions[0]?.kind ?? null,
  }
}
