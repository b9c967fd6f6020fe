/**
 * Grants on a key: made, listed and revoked. How they weigh beside policies is the judge's business; that a grant takes
 * effect at once is this sandbox's simplification.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
 */
import { type KmsGrant, readGrants } from '../../iam/index.ts'
import { AwsError } from '../http/aws-error.ts'
import type { World } from '../world/world.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** One grant: as the judge reads it, and as ListGrants prints it. */
export interface KeyGrant {
  readonly grant: KmsGrant
  readonly listed: JsonObject
}

/** What grants need of their key. */
interface Granted {
  readonly arn: string
  readonly grants: KeyGrant[]
}

const operations: ReadonlySet<string> = new Set([
  ...['CreateGrant', 'Decapsulate', 'Decrypt', 'DeriveSharedSecret', 'DescribeKey', 'Encapsulate', 'Encrypt'],
  ...['GenerateDataKey', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateMac'],
  ...['GenerateDataKeyWithoutPlaintext', 'GetPublicKey', 'ReEncryptFrom', 'ReEncryptTo', 'RetireGrant', 'Sign'],
  ...['Verify', 'VerifyMac'],
])

/** The context keys that a CreateGrant carries. */
export function grantContext(input: JsonObject): Readonly<Record<string, string | readonly string[]>> {
  const { GranteePrincipal: grantee, Operations: asked } = input
  return {
    ...(typeof grantee === 'string' ? { 'kms:GranteePrincipal': grantee } : {}),
    ...(Array.isArray(asked) ? { 'kms:GrantOperations': asked.map(String) } : {}),
  }
}

/** Adds a grant to a key. @throws AwsError when the input is none */
export function addGrant(key: Granted, input: JsonObject, issuer: string, world: World): JsonObject {
  const { Name, GranteePrincipal, GranteeServicePrincipal, RetiringPrincipal, Operations, Constraints } = input
  const GrantId = Buffer.from(world.random.bytes(32)).toString('hex')
  const listed = {
    KeyId: key.arn,
    GrantId,
    ...(Name === undefined ? {} : { Name }),
    CreationDate: world.clock.now().getTime() / 1000,
    ...(GranteePrincipal === undefined ? {} : { GranteePrincipal }),
    ...(GranteeServicePrincipal === undefined ? {} : { GranteeServicePrincipal }),
    ...(RetiringPrincipal === undefined ? {} : { RetiringPrincipal }),
    IssuingAccount: `arn:aws:iam::${issuer}:root`,
    Operations,
    ...(Constraints === undefined ? {} : { Constraints }),
  }
  const read = readGrants([listed])
  if (!read.ok) throw validation(read.error)
  const [grant] = read.value
  const unknown = grant?.operations.find((one) => !operations.has(one))
  if (grant === undefined || grant.operations.length === 0) throw validation('Operations must not be empty')
  if (unknown !== undefined) throw validation(`${unknown.slice(0, 60)} is not a grant operation`)
  key.grants.push({ grant, listed })
  return { GrantId, GrantToken: Buffer.from(GrantId).toString('base64') }
}

/** Takes a grant away. @throws AwsError when the key has none of that id */
export function removeGrant(key: Granted, grantId: string): JsonObject {
  const at = key.grants.findIndex(({ listed }) => listed['GrantId'] === grantId)
  if (at < 0) {
    throw new AwsError({
      code: 'NotFoundException',
      status: 400,
      message: `Grant ID ${grantId.slice(0, 128)} not found`,
    })
  }
  key.grants.splice(at, 1)
  return {}
}

function validation(message: string): AwsError {
  return new AwsError({ code: 'ValidationException', status: 400, message })
}
