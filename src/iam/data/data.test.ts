/** The table of actions, keys and resources, as it is asked. */
import { describe, expect, test } from 'vitest'
import { compileGlobText } from '../match/glob.ts'
import { actionsMatching, actionsOf, conditionKeyNames, findConditionKey, isRcpService, isService } from './index.ts'
import { parseTable } from './parse-table.ts'

const names = (service: string, pattern: string): readonly string[] =>
  actionsMatching(service, compileGlobText(pattern)).map(({ name }) => name)

describe('actions', () => {
  test('are known of four services', () => {
    for (const service of ['s3', 'STS', 'kms', 'iam']) expect(actionsOf(service)?.size).toBeGreaterThan(10)
    expect(actionsOf('ec2')).toBeNull()
    expect(isService('EC2')).toBe(true)
    expect(isService('ec22')).toBe(false)
  })

  test('are found by patterns of lower-case names', () => {
    expect(names('s3', 'putobject')).toEqual(['PutObject'])
    expect(names('sts', 'assumerole*')).toEqual(['AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity'])
    expect(names('ec2', '*')).toEqual([])
  })

  test('say what they work on and what their requests carry', () => {
    const put = actionsOf('s3')?.get('putobject')
    expect(put).toMatchObject({ service: 's3', name: 'PutObject', levels: ['write'] })
    expect(put?.resources).toContainEqual({
      name: 'object',
      arn: 'arn:<Partition>:s3:::<BucketName>/<ObjectName>',
      required: false,
    })
    expect(put?.conditionKeys).toContain('s3:x-amz-acl')
    expect(actionsOf('s3')?.get('listallmybuckets')?.resources).toEqual([])
    expect(actionsOf('s3')?.get('listbucket')?.conditionKeys).toContain('s3:prefix')
    expect(put?.conditionKeys).not.toContain('s3:prefix')
  })

  test('have the External ID on AssumeRole alone', () => {
    const carrying = [...(actionsOf('sts')?.values() ?? [])].filter((one) =>
      one.conditionKeys.includes('sts:ExternalId'),
    )
    expect(carrying.map(({ name }) => name)).toEqual(['AssumeRole'])
  })

  test('carry kms:ViaService wherever S3 uses a key', () => {
    for (const name of ['decrypt', 'generatedatakey', 'encrypt', 'describekey']) {
      expect(actionsOf('kms')?.get(name)?.conditionKeys).toContain('kms:ViaService')
    }
  })
})

describe('condition keys', () => {
  test.each([
    ['aws:SourceIp', 'IPAddress'],
    ['AWS:TAGKEYS', 'ArrayOfString'],
    ['aws:PrincipalTag/Team', 'String'],
    ['s3:ExistingObjectTag/a/b', 'String'],
    ['kms:EncryptionContext:aws:s3:arn', 'String'],
    ['kms:RecipientAttestation:PCR31', 'String'],
    ['token.actions.githubusercontent.com:sub', undefined],
    ['aws:PrincipalTag/', undefined],
    ['aws:PrincipalTag', undefined],
    ['aws:', undefined],
  ])('%s is of type %s', (key, type) => {
    expect(findConditionKey(key)?.type).toBe(type)
  })

  test('have names without marks of the table', () => {
    for (const name of conditionKeyNames()) expect(name).toMatch(/^[\w.-]+[^\s~$]*:[^\s~$]+$/)
  })
})

test('resource control policies bind S3, STS and KMS, and not EC2', () => {
  expect(['s3', 'sts', 'KMS', 'ec2'].map(isRcpService)).toEqual([true, true, true, false])
})

test.each(['keys Text aws:x', 'service x\nkind y', 'service x\naction A R thing 0 -', 'service x\naction A R - 7 -'])(
  'a table that is out of order is refused: %j',
  (table) => {
    expect(() => parseTable(table)).toThrow(TypeError)
  },
)
