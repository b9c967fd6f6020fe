/** What is proposed when permissions, bucket or key refuse, and in which order. */
import { describe, expect, test } from 'vitest'
import { mostWorkGrowth, sizeGrowth, workGrowth } from '../../base/testing/growth.ts'
import type { ApiCall } from '../operations/index.ts'
import { repairCall } from './repair-call.ts'
import { firstRepair } from './testing/first-repair.ts'
import {
  healthy,
  keyArn,
  kitChain,
  model,
  nine,
  ours,
  policyOf,
  putObject,
  roleArn,
  type Scenario,
} from './testing/scenario.ts'

describe('permissions and bucket', () => {
  test('without an enforced owner, and for another account’s bucket, the ACL is kept and its permission granted', () => {
    const call: ApiCall = { ...putObject, acl: 'bucket-owner-full-control', bucketOwner: '333333333333' }
    const bucket = policyOf('bucket', {
      Effect: 'Allow',
      Principal: { AWS: roleArn },
      Action: ['s3:PutObject', 's3:PutObjectAcl'],
      Resource: 'arn:aws:s3:::acme-audit/exports/*',
    })
    const scenario: Scenario = {
      call,
      policies: { ...healthy, session: null, bucket },
      ours: { ...ours, objectOwnership: 'ObjectWriter' },
    }
    expect(firstRepair(scenario)).toMatchObject({ side: 'theirs', policy: 'permissions' })
    expect(repairCall(call, scenario.policies, scenario.ours).filter((one) => one.change !== undefined)).toEqual([])
  })

  test('a grant for another folder gets the folder, not the bucket', () => {
    const permissions = [
      policyOf('permissions', { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::acme-audit/old/*' }),
    ]
    expect(firstRepair({ call: putObject, policies: { ...healthy, permissions }, ours })).toMatchObject({
      operations: [
        {
          op: 'replace',
          path: '/Statement/0/Resource',
          value: ['arn:aws:s3:::acme-audit/old/*', 'arn:aws:s3:::acme-audit/exports/*'],
        },
      ],
    })
  })

  test('an administrator’s own conditional statement is not opened for us', () => {
    const permissions = [
      policyOf(
        'permissions',
        {
          Sid: 'Admin',
          Effect: 'Allow',
          Action: '*',
          Resource: '*',
          Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
        },
        {
          Sid: 'Export',
          Effect: 'Allow',
          Action: 's3:AbortMultipartUpload',
          Resource: 'arn:aws:s3:::acme-audit/exports/*',
        },
      ),
    ]
    expect(firstRepair({ call: putObject, policies: { ...healthy, permissions }, ours })).toMatchObject({
      operations: [{ op: 'replace', path: '/Statement/1/Action', value: ['s3:AbortMultipartUpload', 's3:PutObject'] }],
    })
  })

  test('a Deny for us alone goes, or loses the action; the bucket policy goes when nothing is left of it', () => {
    const deny = (Action: string | string[]) =>
      policyOf('bucket', { Effect: 'Deny', Principal: { AWS: roleArn }, Action, Resource: 'arn:aws:s3:::acme-audit/*' })
    const only = { call: putObject, policies: { ...healthy, bucket: deny('s3:PutObject') }, ours }
    expect(firstRepair(only)).toMatchObject({ operations: [{ op: 'remove', path: '' }] })
    const several = { call: putObject, policies: { ...healthy, bucket: deny(['s3:DeleteObject', 's3:Put*']) }, ours }
    expect(firstRepair(several)).toMatchObject({ operations: [{ op: 'remove', path: '/Statement/0/Action/1' }] })
  })

  test('among several principals of a Deny ours is taken off', () => {
    const bucket = policyOf('bucket', {
      Effect: 'Deny',
      Principal: { AWS: ['arn:aws:iam::222222222222:role/intern', roleArn] },
      Action: 's3:*',
      Resource: 'arn:aws:s3:::acme-audit/*',
    })
    expect(firstRepair({ call: putObject, policies: { ...healthy, bucket }, ours })).toMatchObject({
      operations: [{ op: 'remove', path: '/Statement/0/Principal/AWS/1' }],
    })
  })

  test('a demanded encryption header is sent rather than the Deny changed', () => {
    const bucket = policyOf('bucket', {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
      Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' } },
    })
    expect(firstRepair({ call: putObject, policies: { ...healthy, bucket }, ours })).toMatchObject({
      side: 'ours',
      change: { setting: 'encryption', from: 'bucket-default', to: { kind: 'sse-s3' } },
    })
  })

  test('a bucket of another account without a policy gets one for the role alone', () => {
    const call = { ...putObject, bucketOwner: '333333333333' }
    const scenario = { call, policies: healthy, ours }
    expect(firstRepair(scenario)).toMatchObject({
      link: 'bucket-policy',
      operations: [
        { op: 'add', path: '', value: { Statement: [{ Principal: { AWS: roleArn }, Action: 's3:PutObject' }] } },
      ],
    })
  })

  test('organization policies name whose edit it is', () => {
    const full = policyOf('FullAWSAccess', { Effect: 'Allow', Action: '*', Resource: '*' })
    const deny = policyOf('Regions', {
      Effect: 'Deny',
      Action: 's3:*',
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } },
    })
    for (const scp of [
      [[full], [full, deny]],
      [[full], [policyOf('Narrow', { Effect: 'Allow', Action: 'ec2:*', Resource: '*' })]],
    ]) {
      const scenario = { call: putObject, policies: { ...healthy, scp }, ours }
      expect(firstRepair(scenario)).toMatchObject({ link: 'permissions', side: 'theirs', policy: 'scp' })
      expect(repairCall(putObject, scenario.policies, ours)[0]?.summary).toContain(
        'ask the organization’s administrator',
      )
    }
  })

  test('boundary and session policy are repaired where they stand', () => {
    const narrow = policyOf('boundary', {
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
    })
    expect(firstRepair({ call: putObject, policies: { ...healthy, boundary: narrow }, ours })).toMatchObject({
      side: 'theirs',
      policy: 'boundary',
    })
    const session = policyOf('session', {
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
    })
    expect(firstRepair({ call: putObject, policies: { ...healthy, session }, ours })).toMatchObject({
      side: 'ours',
      policy: 'session',
    })
  })

  test('a default key that our session policy does not know is named in the connection', () => {
    const chain = kitChain({ ...model, kmsKeyArn: keyArn })
    const call = { ...putObject, bucketKeyArn: keyArn }
    const session = kitChain(model).session
    const scenario = { call, policies: { ...chain, session }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      side: 'ours',
      change: { setting: 'encryption', to: { kind: 'sse-kms', keyArn } },
      policy: 'session',
    })
  })

  test('under RestrictPublicBuckets the public statements go, and ours stays', () => {
    const open = (Sid: string) => ({
      Sid,
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
    })
    const own = {
      Effect: 'Allow',
      Principal: { AWS: roleArn },
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
    }
    const call = { ...putObject, bucketOwner: '333333333333' }
    const bucket = policyOf('bucket', open('A'), own, open('B'))
    const scenario = { call, policies: { ...healthy, bucket, restrictPublicBuckets: true }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      link: 'bucket-policy',
      operations: [
        { op: 'remove', path: '/Statement/2' },
        { op: 'remove', path: '/Statement/0' },
      ],
    })
  })

  test('a multipart upload gets both key actions in one statement', () => {
    const call = { ...putObject, bucketKeyArn: keyArn, multipart: true }
    const chain = kitChain({ ...model, kmsKeyArn: keyArn, resume: true })
    const scenario = { call, policies: { ...chain, key: nine.kms.policies.key }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      operations: [{ value: { Action: ['kms:GenerateDataKey', 'kms:Decrypt'] } }],
    })
  })
})

describe('ranking', () => {
  test('a repair that opens another call comes after one that does not, and says so', () => {
    const permissions = [
      policyOf('permissions', {
        Sid: 'Shared',
        Effect: 'Allow',
        Action: ['s3:PutObject', 's3:GetObject'],
        Resource: 'arn:aws:s3:::acme-audit/*',
        Condition: { StringEquals: { 'aws:PrincipalTag/Team': 'finance' } },
      }),
    ]
    const policies = { ...healthy, session: null, permissions }
    const read: ApiCall = {
      operation: 's3:GetObject',
      session: putObject.session,
      roleArn,
      tags: { Team: 'quality' },
      sourceIdentity: null,
      region: 'eu-central-1',
      sourceIp: null,
      bucket: 'acme-audit',
      key: 'secret/plan.txt',
      bucketOwner: '222222222222',
      bucketKeyArn: null,
    }
    const [alone] = repairCall(putObject, policies, ours)
    expect(alone?.summary).toMatch(/^replace `finance` by `quality`/)
    const [first, ...rest] = repairCall(putObject, policies, ours, [read])
    expect(first?.summary).toMatch(
      /^add a statement that allows `s3:PutObject` on `arn:aws:s3:::acme-audit\/exports\/\*`/,
    )
    expect(first?.opens).not.toContain('also allows')
    expect(rest.length).toBeGreaterThan(0)
    for (const other of rest) {
      expect(other.opens).toContain('also allows `s3:GetObject` on `acme-audit/secret/plan.txt`')
    }
  })

  test('a hostile policy of thousands of statements is answered in linear time', () => {
    const repairing = (statements: number) => () => {
      const many = Array.from({ length: statements }, (_, index) => ({
        Effect: index % 2 === 0 ? 'Deny' : 'Allow',
        Action: index % 3 === 0 ? 's3:PutObject' : 's3:GetObject',
        Resource: 'arn:aws:s3:::acme-audit/*',
      }))
      const permissions = [policyOf('permissions', ...many)]
      return () => {
        const proposals = repairCall(putObject, { ...healthy, permissions }, ours)
        expect(proposals.every((one) => !one.proved)).toBe(true)
      }
    }
    expect(workGrowth(repairing(3_000 / sizeGrowth), repairing(3_000))).toBeLessThan(mostWorkGrowth)
  })
})
