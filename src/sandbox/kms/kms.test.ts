/** Keys through AWS's own client: policies that decide, and bytes that only the right key and context give back. */
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyPolicyCommand,
  ListGrantsCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { customerAccountId, vendorAccountId } from '../index.ts'
import { policy, refusal, Stage } from '../testing/stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await Stage.open()
})

afterAll(() => stage.close())

test('a key encrypts and decrypts, and the context belongs to it', async () => {
  const { kms } = stage.customer
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.Arn ?? ''
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/reports', TargetKeyId: KeyId }))
  expect((await kms.send(new DescribeKeyCommand({ KeyId: 'alias/reports' }))).KeyMetadata?.Arn).toBe(KeyId)
  expect((await kms.send(new ListKeysCommand({}))).Keys?.map((key) => key.KeyArn)).toEqual([KeyId])
  const EncryptionContext = { b: '2', a: '1' }
  const made = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }))
  const CiphertextBlob = made.CiphertextBlob ?? new Uint8Array()
  const back = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { a: '1', b: '2' } }))
  expect(back.Plaintext).toEqual(made.Plaintext)
  const wrong = kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { a: '1' } }))
  expect((await refusal(wrong)).code).toBe('InvalidCiphertextException')
  const garbage = kms.send(new DecryptCommand({ CiphertextBlob: new Uint8Array([0, 9, 1]) }))
  expect((await refusal(garbage)).code).toBe('InvalidCiphertextException')
  const sealed = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('secret') }))
  expect(Buffer.from(sealed.CiphertextBlob ?? []).includes('secret')).toBe(false)
})

test('another account needs both its own policy and that of the key', async () => {
  const { KeyMetadata } = await stage.customer.kms.send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.Arn ?? ''
  const use = () => stage.vendor.kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
  expect((await refusal(use())).message).toContain('because the resource does not exist in this Region')
  const shown = await stage.customer.kms.send(new GetKeyPolicyCommand({ KeyId }))
  const own = JSON.parse(shown.Policy ?? '{}').Statement[0]
  const vendor = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${vendorAccountId}:root` },
    Action: 'kms:GenerateDataKey',
    Resource: '*',
  }
  await stage.customer.kms.send(new PutKeyPolicyCommand({ KeyId, Policy: policy(own, vendor) }))
  expect((await use()).KeyId).toBe(KeyId)
  const nobody = { ...vendor, Principal: { AWS: `arn:aws:iam::${vendorAccountId}:user/nobody` } }
  const put = stage.customer.kms.send(new PutKeyPolicyCommand({ KeyId, Policy: policy(own, nobody) }))
  expect(await refusal(put)).toMatchObject({
    code: 'MalformedPolicyDocumentException',
    message: 'Policy contains a statement with one or more invalid principals.',
  })
})

test('a grant lets another account use the key, within its constraint, until it is revoked', async () => {
  const { kms } = stage.customer
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.Arn ?? ''
  const use = (Department: string) =>
    stage.vendor.kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext: { Department } }))
  expect((await refusal(use('IT'))).code).toBe('AccessDeniedException')
  const grant = {
    KeyId,
    GranteePrincipal: `arn:aws:iam::${vendorAccountId}:root`,
    Operations: ['GenerateDataKey' as const],
    Constraints: { EncryptionContextSubset: { Department: 'IT' } },
  }
  const { GrantId } = await kms.send(new CreateGrantCommand(grant))
  expect((await kms.send(new ListGrantsCommand({ KeyId }))).Grants).toMatchObject([{ ...grant, GrantId }])
  expect((await use('IT')).KeyId).toBe(KeyId)
  expect((await refusal(use('Sales'))).code).toBe('AccessDeniedException')
  await kms.send(new RevokeGrantCommand({ KeyId, GrantId }))
  expect((await refusal(use('IT'))).code).toBe('AccessDeniedException')
  const gone = kms.send(new RevokeGrantCommand({ KeyId, GrantId }))
  expect((await refusal(gone)).code).toBe('NotFoundException')
  const odd = kms.send(new CreateGrantCommand({ ...grant, Operations: [] }))
  expect((await refusal(odd)).code).toBe('ValidationException')
})

test('a key that does not exist is named', async () => {
  const KeyId = '00000000-0000-4000-8000-000000000000'
  expect(await refusal(stage.customer.kms.send(new DescribeKeyCommand({ KeyId })))).toMatchObject({
    code: 'NotFoundException',
    message: `Key 'arn:aws:kms:eu-central-1:${customerAccountId}:key/${KeyId}' does not exist`,
  })
})
