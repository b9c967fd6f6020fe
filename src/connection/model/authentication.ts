/**
 * Intake of the authentication: which role, key or token we come with, and the External ID that we make for it. Checks
 * form and rules here, without a single call to the customer's cloud.
 */
import { DrawbridgeError } from '../../base/index.ts'
import type { Authentication, ConnectionInput, Location, Purpose, S3Location } from '../../contract/index.ts'
import { checkSasToken, parseSasToken } from '../../credentials/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { ConnectionSecret } from '../repository.ts'
import { newExternalId, weaknessOfAdopted } from './external-id.ts'
import { invalid, quoted } from './refuse.ts'
import { defaultRoleArn, parseRoleArn } from './role-arn.ts'

type Input = ConnectionInput['authentication']
type RoleInput = Extract<Input, { kind: 'role' }>

/** Takes the External ID that was reserved; null when there is no such reservation, or it was taken before. */
export type TakeReservation = (reservation: string) => Promise<string | null>

/** What the intake makes of an authentication. */
export interface TakenAuthentication {
  readonly authentication: Authentication
  readonly secret: ConnectionSecret
  readonly warnings: readonly string[]
}

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
  if (context.base === null) throw missingBase()
  const { location } = around
  const roleArn = input.roleArn ?? defaultRoleArn(location.region, location.bucketOwner, around.name)
  const durationSeconds = input.durationSeconds ?? 3600
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
      stsRegion: checkedRegion(input.stsRegion ?? location.region),
      durationSeconds,
    },
    secret: { kind: 'none' },
    warnings,
  }
}

/** Checks a role ARN by the rules of both sides and returns the warnings. @throws input-invalid | no-base-identity */
export async function checkRole(
  roleArn: string,
  withoutExternalId: boolean,
  bucketOwner: string,
  context: ConnectionContext,
): Promise<string[]> {
  if (context.base === null) throw missingBase()
  const role = parseRoleArn(roleArn)
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
  if (role.account === bucketOwner) return []
  return [
    `the role is in account ${role.account} and the bucket in ${bucketOwner}: the bucket policy of the set-up kit is needed too`,
  ]
}

/** A session made by a role lasts an hour at most, whatever the customer's role allows. */
export async function checkDuration(durationSeconds: number, context: ConnectionContext): Promise<void> {
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

function takeAccessKey(accessKeyId: string, secret: string, context: ConnectionContext): TakenAuthentication {
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

/** Reads and checks a SAS token before it is used. @throws sas-unusable — with the first reason against it */
export function takeSasToken(
  text: string,
  containerUrl: string,
  rootPath: string,
  purpose: Purpose,
  context: ConnectionContext,
): TakenAuthentication {
  const parsed = parseSasToken(text)
  if (!parsed.ok) throw sasUnusable(parsed.error.message, parsed.error.help)
  const token = parsed.value
  const needs = purpose === 'source' ? 'read' : purpose === 'export' ? 'write' : 'read-write'
  const findings = checkSasToken(token, { now: context.clock.now(), containerUrl, needs, rootPath })
  const refused = findings.find((finding) => finding.severity === 'refused')
  if (refused !== undefined) throw sasUnusable(refused.message, refused.help)
  return {
    authentication: {
      kind: 'sas',
      fingerprint: token.fingerprint,
      permissions: token.permissions,
      expiresAt: token.expiresAt?.toISOString() ?? null,
    },
    secret: { kind: 'sas', token: token.secret.reveal() },
    warnings: findings.filter((finding) => finding.severity === 'warning').map((finding) => finding.message),
  }
}

function sasUnusable(message: string, help?: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'sas-unusable',
    message,
    help: help ?? 'ask for a SAS token of the container, as the set-up kit makes it',
  })
}

function missingBase(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'no-base-identity',
    message: 'a role can not be used because this deployment has no AWS identity of its own',
    help: 'run Drawbridge with AWS credentials, or use an access key',
  })
}
