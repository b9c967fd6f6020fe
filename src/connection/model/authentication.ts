/**
 * Intake of the authentication: which role, key or token we come with, and the External ID that we make for it. Checks
 * form and rules here, without a single call to the customer's cloud.
 */
import { DrawbridgeError } from '../../base/index.ts'
import type { ConnectionInput, Location, Purpose, S3Location } from '../../contract/index.ts'
import type { IdentityTokens } from '../../credentials/index.ts'
import type { ConnectionContext } from '../context.ts'
import { newExternalId, weaknessOfAdopted } from './external-id.ts'
import { roleWithheld } from './offers.ts'
import { invalid, quoted } from './refuse.ts'
import { defaultRoleArn, parseRoleArn } from './role-arn.ts'
import { takeSasToken } from './sas-intake.ts'
import type { TakenAuthentication } from './taken-authentication.ts'
import { takeWebIdentity } from './web-identity.ts'

type Input = ConnectionInput['authentication']
type RoleInput = Extract<Input, { kind: 'role' }>

/** Takes the External ID that was reserved; null when there is no such reservation, or it was taken before. */
export type TakeReservation = (reservation: string) => Promise<string | null>

interface Surroundings {
  readonly name: string
  readonly tenant: string
  readonly purpose: Purpose
  readonly location: Location
}

/** Checks the authentication against the location. @throws input-invalid | not-found | no-base-identity | sas-unusable */
export async function takeAuthentication(
  input: Input,
  around: Surroundings,
  context: ConnectionContext,
  takeReservation: TakeReservation,
): Promise<TakenAuthentication> {
  const { location } = around
  if (location.service === 'azblob') {
    if (input.kind !== 'sas') throw invalid('authentication', 'must be a SAS token for a container')
    return takeSasToken(input.token, location.containerUrl, location.rootPath, around.purpose, context)
  }
  if (location.service === 'local') {
    if (input.kind !== 'none') throw invalid('authentication', 'must be `none` for a directory')
    return { authentication: { kind: 'none' }, secret: { kind: 'none' }, warnings: [] }
  }
  if (input.kind === 'role') return takeRole(input, { ...around, location }, context, takeReservation)
  if (input.kind === 'access-key') return takeAccessKey(input.accessKeyId, input.secretAccessKey, context)
  throw invalid(
    'authentication',
    'must be a role or an access key for a bucket',
    'a role needs no secret of the customer',
  )
}

async function takeRole(
  input: RoleInput,
  around: Surroundings & { readonly location: S3Location },
  context: ConnectionContext,
  takeReservation: TakeReservation,
): Promise<TakenAuthentication> {
  const { location } = around
  const roleArn = input.roleArn ?? defaultRoleArn(location.region, location.bucketOwner, around.name)
  const durationSeconds = input.durationSeconds ?? 3600
  const stsRegion = checkedRegion(input.stsRegion ?? location.region)
  if (opensByToken(input, context)) {
    const tokens = requireTokens(context)
    if (input.adoptExternalId !== undefined || input.withoutExternalId === true) {
      throw invalid('authentication', 'is opened by an ID token, which takes no External ID')
    }
    const warnings = await checkRole(roleArn, null, location.bucketOwner, context)
    await checkDuration(durationSeconds, { base: null })
    // The External ID that would have been serves as the part of the subject that nobody else has.
    const { externalId } = await chooseExternalId(input, around, context, takeReservation)
    const taken = await takeWebIdentity(tokens, around.name, externalId ?? '')
    const { webIdentity } = taken
    return {
      authentication: {
        kind: 'role',
        roleArn,
        externalId: null,
        externalIdOrigin: 'none',
        webIdentity,
        stsRegion,
        durationSeconds,
      },
      secret: { kind: 'none' },
      warnings: [...warnings, ...taken.warnings],
    }
  }
  const warnings = await checkRole(roleArn, input.withoutExternalId === true, location.bucketOwner, context)
  await checkDuration(durationSeconds, context)
  const { externalId, origin, warning } = await chooseExternalId(input, around, context, takeReservation)
  if (warning !== null) warnings.push(warning)
  return {
    authentication: {
      kind: 'role',
      roleArn,
      externalId,
      externalIdOrigin: origin,
      stsRegion,
      durationSeconds,
    },
    secret: { kind: 'none' },
    warnings,
  }
}

/** With an ID token when that was said, and else when this deployment has no other way to use a role. */
function opensByToken(input: RoleInput, context: ConnectionContext): boolean {
  return input.webIdentity ?? (Boolean(context.tokens) && roleWithheld(context) !== null)
}

function requireTokens({ tokens }: ConnectionContext): IdentityTokens {
  if (tokens) return tokens
  throw invalid(
    'authentication',
    'can not be opened by an ID token, because web-identity federation is not configured',
    '`webIdentity` in the configuration sets it up',
  )
}

/**
 * Checks a role ARN by the rules of both sides and returns the warnings.
 *
 * @param withoutExternalId null: it is opened by an ID token, for which we need no AWS identity
 * @throws input-invalid | no-base-identity
 */
export async function checkRole(
  roleArn: string,
  withoutExternalId: boolean | null,
  bucketOwner: string,
  context: ConnectionContext,
): Promise<string[]> {
  const role = parseRoleArn(roleArn)
  if (withoutExternalId === null) return elsewhere(role.account, bucketOwner)
  const withheld = roleWithheld(context)
  if (withheld !== null && context.base !== null) throw foreignHosting(withheld)
  if (context.base === null) throw missingBase()
  const us = await context.base.whoAmI()
  if (roleArn === us.principalArn) throw invalid('roleArn', 'is the role that Drawbridge itself runs as')
  const isOurs = role.account === us.account || context.ownAccounts.includes(role.account)
  if (isOurs && !withoutExternalId) {
    throw invalid(
      'roleArn',
      `${quoted(roleArn)} is in an account of our own`,
      'a customer can not name one of our roles; for a bucket of our own say `withoutExternalId`',
    )
  }
  if (!isOurs && withoutExternalId) {
    throw invalid(
      'withoutExternalId',
      'is only for a role in an account of our own',
      'a role of a customer without an External ID could be used by another customer through us',
    )
  }
  return elsewhere(role.account, bucketOwner)
}

function elsewhere(roleAccount: string, bucketOwner: string): string[] {
  if (roleAccount === bucketOwner) return []
  return [
    `the role is in account ${roleAccount} and the bucket in ${bucketOwner}: the bucket policy of the set-up kit is needed too`,
  ]
}

/** A session made by a role lasts an hour at most, whatever the customer's role allows. */
export async function checkDuration(durationSeconds: number, context: Pick<ConnectionContext, 'base'>): Promise<void> {
  if (!Number.isInteger(durationSeconds) || durationSeconds < 900 || durationSeconds > 43_200) {
    throw invalid('durationSeconds', 'must be between 900 and 43200')
  }
  if (durationSeconds <= 3600 || context.base === null) return
  const us = await context.base.whoAmI()
  if (us.callerArn.includes(':assumed-role/')) {
    throw invalid(
      'durationSeconds',
      'must be 3600 or less',
      'our base identity is a role, and AWS caps a session made by a role at one hour',
    )
  }
}

/** Checks the name of a region. @throws input-invalid */
export function checkedRegion(region: string): string {
  if (/^[a-z0-9-]{2,32}$/.test(region)) return region
  throw invalid('stsRegion', `${quoted(region)} is not a region name such as \`eu-central-1\``)
}

async function chooseExternalId(
  input: RoleInput,
  around: Surroundings & { readonly location: S3Location },
  context: ConnectionContext,
  takeReservation: TakeReservation,
): Promise<{ externalId: string | null; origin: 'generated' | 'adopted' | 'none'; warning: string | null }> {
  const chosen = [input.reservation, input.adoptExternalId, input.withoutExternalId || undefined]
  if (chosen.filter((one) => one !== undefined).length > 1) {
    throw invalid('authentication', 'takes one of `reservation`, `adoptExternalId` and `withoutExternalId`')
  }
  if (input.withoutExternalId === true) return { externalId: null, origin: 'none', warning: null }
  if (input.adoptExternalId !== undefined) {
    const externalId = input.adoptExternalId
    if (!/^[\w+=,.@:/-]{2,1224}$/.test(externalId)) {
      throw invalid('adoptExternalId', 'must be 2 to 1224 of `A-Za-z0-9_+=,.@:/-`')
    }
    const bucket = around.location.uri.slice('s3://'.length)
    const weakness = weaknessOfAdopted(externalId, [around.name, around.tenant.toLowerCase(), bucket])
    const tail = weakness === null ? '' : `, and ${weakness}`
    return {
      externalId,
      origin: 'adopted',
      warning: `the External ID was adopted, not made by us: only the customer knows who else holds it${tail}`,
    }
  }
  if (input.reservation === undefined) {
    return { externalId: newExternalId(context.random), origin: 'generated', warning: null }
  }
  const reserved = await takeReservation(input.reservation)
  if (reserved !== null) return { externalId: reserved, origin: 'generated', warning: null }
  throw new DrawbridgeError({
    code: 'not-found',
    message: `there is no reservation ${quoted(input.reservation)}, or it was used before`,
    help: 'prepare the connection again and give the customer the new External ID',
  })
}

/** Takes an access key of an IAM user; its age counts from now. @throws input-invalid */
export function takeAccessKey(accessKeyId: string, secret: string, context: ConnectionContext): TakenAuthentication {
  if (!/^[A-Za-z0-9_]{16,128}$/.test(accessKeyId)) throw invalid('accessKeyId', 'is not an access key id')
  if (accessKeyId.startsWith('ASIA')) {
    throw invalid('accessKeyId', 'belongs to a temporary session', 'use a role, or the access key of an IAM user')
  }
  if (secret.trim() !== secret || secret.length < 16) {
    throw invalid('secretAccessKey', 'has a space around it or is too short')
  }
  return {
    authentication: { kind: 'access-key', accessKeyId, createdAt: context.clock.now().toISOString() },
    secret: { kind: 'access-key', secretAccessKey: secret },
    warnings: ['an access key does not expire by itself: rotate it, or move the connection to a role'],
  }
}

function foreignHosting(withheld: string): DrawbridgeError {
  return invalid(
    'authentication',
    `can not be a role, because ${withheld}`,
    'use an access key; web-identity federation, with which a role would work from there, is not configured',
  )
}

function missingBase(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'no-base-identity',
    message: 'a role can not be used because this deployment has no AWS identity of its own',
    help: 'run Drawbridge with AWS credentials, or use an access key',
  })
}
