/**
 * The KMS endpoint, JSON 1.1: keys with their policies, and just enough cryptography that what is encrypted here can be
 * decrypted here and nowhere else.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Random } from '../../base/index.ts'
import type { DecisionRecord } from '../access/authorize.ts'
import { decide } from '../access/authorize.ts'
import type { Context } from '../access/context.ts'
import { notAuthorized, reasonClause } from '../access/denial.ts'
import { AwsError } from '../http/aws-error.ts'
import type { BoundPolicy, Session, User } from '../world/entities.ts'
import { bindPolicy, currentPolicy } from '../world/policies.ts'
import type { World } from '../world/world.ts'
import { addGrant, grantContext, removeGrant } from './grants.ts'
import { decideOnKey, type KeyRing, type KmsKey } from './keys.ts'

/** The body of a request or an answer. */
export type JsonObject = Readonly<Record<string, unknown>>

/** One authenticated request. */
export interface KmsRequest {
  readonly world: World
  readonly keys: KeyRing
  readonly caller: User | Session
  readonly region: string
  readonly input: JsonObject
  readonly context: Context
  readonly record: DecisionRecord[]
}

type KmsAction = (request: KmsRequest) => JsonObject

/** Answers one action. @throws AwsError */
export function answerKms(action: string, request: KmsRequest): JsonObject {
  const run = actions.get(action)
  if (run === undefined) throw new AwsError({ code: 'UnknownOperationException', status: 400, message: '' })
  return run(request)
}

const createKey: KmsAction = (request) => {
  const { world, keys, caller, region, input } = request
  const context = request.context
  const question = {
    action: 'kms:CreateKey',
    resource: '*',
    resourceAccount: caller.accountId,
    resourcePolicy: null,
    context,
  }
  const evaluation = decide(world, caller, question, request.record)
  if (evaluation.decision !== 'allowed') {
    throw accessDenied(`${notAuthorized(caller, 'kms:CreateKey')}${reasonClause(evaluation, 'kms:CreateKey')}`)
  }
  const text = optionalText(input, 'Policy') ?? defaultPolicy(caller.accountId)
  const key = keys.create(
    caller.accountId,
    region,
    optionalText(input, 'Description') ?? '',
    keyPolicy(world, text),
    'CUSTOMER',
  )
  return { KeyMetadata: metadata(key) }
}

const createAlias: KmsAction = (request) => {
  const key = usableKey(request, 'TargetKeyId', 'kms:CreateAlias')
  const alias = requiredText(request.input, 'AliasName')
  if (!/^alias\/[a-zA-Z0-9/_-]{1,250}$/.test(alias) || alias.startsWith('alias/aws/'))
    throw validation('Alias must start with the prefix "alias/".')
  request.keys.addAlias(key, alias)
  return {}
}

const describeKey: KmsAction = (request) => ({ KeyMetadata: metadata(usableKey(request, 'KeyId', 'kms:DescribeKey')) })

const getKeyPolicy: KmsAction = (request) => {
  const key = usableKey(request, 'KeyId', 'kms:GetKeyPolicy')
  return { Policy: currentPolicy(key.policy, request.world).text, PolicyName: 'default' }
}

const putKeyPolicy: KmsAction = (request) => {
  const key = usableKey(request, 'KeyId', 'kms:PutKeyPolicy')
  const policy = keyPolicy(request.world, requiredText(request.input, 'Policy'))
  request.world.propagation.changed(key.arn, key.policy, policy)
  key.policy = policy
  return {}
}

const listKeys: KmsAction = (request) => {
  const { world, keys, caller, region } = request
  const question = {
    action: 'kms:ListKeys',
    resource: '*',
    resourceAccount: caller.accountId,
    resourcePolicy: null,
    context: request.context,
  }
  const evaluation = decide(world, caller, question, request.record)
  if (evaluation.decision !== 'allowed') {
    throw accessDenied(`${notAuthorized(caller, 'kms:ListKeys')}${reasonClause(evaluation, 'kms:ListKeys')}`)
  }
  return {
    Keys: keys.list(caller.accountId, region).map((key) => ({ KeyId: key.keyId, KeyArn: key.arn })),
    Truncated: false,
  }
}

const encrypt: KmsAction = (request) => {
  const key = usableKey(request, 'KeyId', 'kms:Encrypt')
  const plaintext = requiredBytes(request.input, 'Plaintext')
  if (plaintext.length > 4096)
    throw validation(
      "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    )
  return {
    CiphertextBlob: seal(key, plaintext, request.input, request.world.random),
    KeyId: key.arn,
    EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  }
}

const decrypt: KmsAction = (request) => {
  const blob = requiredBytes(request.input, 'CiphertextBlob')
  const arn = blob.subarray(2, 2 + (blob.length < 2 ? 0 : blob.readUInt16BE(0))).toString('utf8')
  const key = request.keys.find(arn, request.caller.accountId, request.region)
  if (typeof key === 'string') throw invalidCiphertext()
  allowKey(request, key, 'kms:Decrypt')
  return {
    Plaintext: unseal(key, blob, request.input).toString('base64'),
    KeyId: key.arn,
    EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  }
}

const generateDataKey: KmsAction = (request) => {
  const key = usableKey(request, 'KeyId', 'kms:GenerateDataKey')
  const bytes = dataKeyBytes(request.input)
  const plaintext = Buffer.from(request.world.random.bytes(bytes))
  return {
    CiphertextBlob: seal(key, plaintext, request.input, request.world.random),
    Plaintext: plaintext.toString('base64'),
    KeyId: key.arn,
  }
}

const enableKey: KmsAction = (request) => {
  usableKey(request, 'KeyId', 'kms:EnableKey').enabled = true
  return {}
}

const disableKey: KmsAction = (request) => {
  usableKey(request, 'KeyId', 'kms:DisableKey').enabled = false
  return {}
}

const scheduleKeyDeletion: KmsAction = (request) => {
  const key = usableKey(request, 'KeyId', 'kms:ScheduleKeyDeletion')
  const days = request.input['PendingWindowInDays'] ?? 30
  if (typeof days !== 'number' || !Number.isInteger(days) || days < 7 || days > 30)
    throw validation("Value at 'pendingWindowInDays' failed to satisfy constraint: Member must be between 7 and 30")
  if (key.deletionAt !== null) throw pendingDeletion(key)
  key.deletionAt = new Date(request.world.clock.now().getTime() + days * 86_400_000)
  key.enabled = false
  return { KeyId: key.arn, DeletionDate: key.deletionAt.getTime() / 1000, KeyState: 'PendingDeletion' }
}

const cancelKeyDeletion: KmsAction = (request) => {
  const key = usableKey(request, 'KeyId', 'kms:CancelKeyDeletion')
  // It comes back switched off, as AWS's does.
  key.deletionAt = null
  return { KeyId: key.arn }
}

/** The refusal of a key that waits for its end. */
function pendingDeletion(key: KmsKey): AwsError {
  return new AwsError({ code: 'KMSInvalidStateException', status: 400, message: `${key.arn} is pending deletion.` })
}

const createGrant: KmsAction = (request) => {
  const context = { ...request.context, ...grantContext(request.input) }
  const key = usableKey({ ...request, context }, 'KeyId', 'kms:CreateGrant')
  return addGrant(key, request.input, request.caller.accountId, request.world)
}

const listGrants: KmsAction = (request) => ({
  Grants: usableKey(request, 'KeyId', 'kms:ListGrants').grants.map(({ listed }) => listed),
  Truncated: false,
})

const revokeGrant: KmsAction = (request) =>
  removeGrant(usableKey(request, 'KeyId', 'kms:RevokeGrant'), requiredText(request.input, 'GrantId'))

const actions = new Map<string, KmsAction>(
  Object.entries({
    CreateKey: createKey,
    CreateAlias: createAlias,
    DescribeKey: describeKey,
    GetKeyPolicy: getKeyPolicy,
    PutKeyPolicy: putKeyPolicy,
    ListKeys: listKeys,
    Encrypt: encrypt,
    Decrypt: decrypt,
    GenerateDataKey: generateDataKey,
    EnableKey: enableKey,
    DisableKey: disableKey,
    ScheduleKeyDeletion: scheduleKeyDeletion,
    CancelKeyDeletion: cancelKeyDeletion,
    CreateGrant: createGrant,
    ListGrants: listGrants,
    RevokeGrant: revokeGrant,
  }),
)

/** Finds the key that the input names and checks the right to use it. @throws AwsError */
function usableKey(request: KmsRequest, member: string, action: string): KmsKey {
  const name = requiredText(request.input, member)
  const key = request.keys.find(name, request.caller.accountId, request.region)
  if (typeof key === 'string')
    throw new AwsError({ code: 'NotFoundException', status: 400, message: `Key '${key}' does not exist` })
  if (key.region !== request.region)
    throw new AwsError({ code: 'NotFoundException', status: 400, message: `Invalid arn ${key.region}` })
  allowKey(request, key, action)
  return key
}

const cryptographic = new Set(['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'])

function allowKey(request: KmsRequest, key: KmsKey, action: string): void {
  const { world, caller } = request
  const context = { ...request.context, ...encryptionContextKeys(request.input) }
  const evaluation = decideOnKey(world, caller, key, action, context, request.record)
  if (evaluation.decision !== 'allowed') {
    const sentence = notAuthorized(caller, action)
    throw accessDenied(
      caller.accountId === key.accountId
        ? `${sentence} on resource: ${key.arn}${reasonClause(evaluation, action)}`
        : `${sentence} on resource: ${key.arn} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    )
  }
  if (key.deletionAt !== null && (cryptographic.has(action) || action === 'kms:EnableKey')) throw pendingDeletion(key)
  if (!key.enabled && cryptographic.has(action)) {
    throw new AwsError({ code: 'DisabledException', status: 400, message: `${key.arn} is disabled.` })
  }
}

function encryptionContextKeys(input: JsonObject): Context {
  const pairs = encryptionContext(input)
  return {
    ...Object.fromEntries(pairs.map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
    ...(pairs.length === 0 ? {} : { 'kms:EncryptionContextKeys': pairs.map(([name]) => name) }),
  }
}

function encryptionContext(input: JsonObject): readonly (readonly [string, string])[] {
  const value = input['EncryptionContext']
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .map(([name, text]) => [name, String(text)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** The account's own policies decide, as in a key made without a policy. */
function defaultPolicy(accountId: string): string {
  const principal = { AWS: `arn:aws:iam::${accountId}:root` }
  const statement = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: principal,
    Action: 'kms:*',
    Resource: '*',
  }
  return JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [statement] })
}

function keyPolicy(world: World, text: string): BoundPolicy {
  const bound = bindPolicy(text, 'resource', world)
  if (bound.ok) return bound.value
  const message = bound.error.startsWith('Invalid principal')
    ? 'Policy contains a statement with one or more invalid principals.'
    : bound.error
  throw new AwsError({ code: 'MalformedPolicyDocumentException', status: 400, message })
}

function metadata(key: KmsKey): JsonObject {
  return {
    AWSAccountId: key.accountId,
    KeyId: key.keyId,
    Arn: key.arn,
    CreationDate: key.createdAt.getTime() / 1000,
    Enabled: key.enabled,
    Description: key.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: key.deletionAt !== null ? 'PendingDeletion' : key.enabled ? 'Enabled' : 'Disabled',
    Origin: 'AWS_KMS',
    KeyManager: key.manager,
    KeySpec: 'SYMMETRIC_DEFAULT',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: false,
  }
}

/** Key ARN (two bytes of length before it), 12 bytes of nonce, 16 of tag, ciphertext; the context is authenticated. */
function seal(key: KmsKey, plaintext: Uint8Array, input: JsonObject, random: Random): string {
  const nonce = random.bytes(12)
  const cipher = createCipheriv('aes-256-gcm', key.material, nonce)
  cipher.setAAD(Buffer.from(JSON.stringify(encryptionContext(input))))
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
  const arn = Buffer.from(key.arn)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(arn.length)
  return Buffer.concat([length, arn, nonce, cipher.getAuthTag(), body]).toString('base64')
}

function unseal(key: KmsKey, blob: Buffer, input: JsonObject): Buffer {
  const start = 2 + blob.readUInt16BE(0)
  if (blob.length < start + 28) throw invalidCiphertext()
  const decipher = createDecipheriv('aes-256-gcm', key.material, blob.subarray(start, start + 12))
  decipher.setAAD(Buffer.from(JSON.stringify(encryptionContext(input))))
  decipher.setAuthTag(blob.subarray(start + 12, start + 28))
  try {
    return Buffer.concat([decipher.update(blob.subarray(start + 28)), decipher.final()])
  } catch {
    throw invalidCiphertext()
  }
}

function dataKeyBytes(input: JsonObject): number {
  const count = input['NumberOfBytes']
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= 1024) return count
  if (count !== undefined)
    throw validation("Value at 'numberOfBytes' failed to satisfy constraint: Member must have value between 1 and 1024")
  const spec = input['KeySpec']
  if (spec === 'AES_256') return 32
  if (spec === 'AES_128') return 16
  throw validation('Please specify either number of bytes or key spec.')
}

function requiredText(input: JsonObject, name: string): string {
  const text = optionalText(input, name)
  if (text === undefined || text === '') {
    throw validation(
      `1 validation error detected: Value null at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must not be null`,
    )
  }
  return text
}

function optionalText(input: JsonObject, name: string): string | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new AwsError({ code: 'SerializationException', status: 400, message: '' })
  return value
}

function requiredBytes(input: JsonObject, name: string): Buffer {
  return Buffer.from(requiredText(input, name), 'base64')
}

function accessDenied(message: string): AwsError {
  return new AwsError({ code: 'AccessDeniedException', status: 400, message })
}

function validation(message: string): AwsError {
  return new AwsError({ code: 'ValidationException', status: 400, message })
}

function invalidCiphertext(): AwsError {
  return new AwsError({ code: 'InvalidCiphertextException', status: 400, message: '' })
}
