/** The administrator's diagnosis without a connection: from the set-up kit's facts and the policies alone. */
import { describe, expect, it } from 'vitest'
import { explainAsGuest, type GuestSubject } from './guest-diagnosis.ts'

const principal = 'arn:aws:iam::111111111111:role/drawbridge-base'
const subject: GuestSubject = {
  roleArn: 'arn:aws:iam::222222222222:role/drawbridge-acme',
  bucket: 'acme-audit',
  rootPath: 'reports/',
  region: 'eu-central-1',
  purpose: 'export',
  principal,
  externalId: 'dbx_right',
  kmsKeyArn: null,
}

function trust(externalId: string): string {
  const Principal = { AWS: principal }
  const Condition = { StringEquals: { 'sts:ExternalId': externalId } }
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal, Action: 'sts:AssumeRole', Condition },
      { Effect: 'Allow', Principal, Action: ['sts:SetSourceIdentity', 'sts:TagSession'] },
    ],
  })
}

const permissions = [
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::acme-audit/reports/*' }],
  }),
]

describe('an administrator without Drawbridge', () => {
  it('is shown the condition on another External ID, proved, with the edit that repairs it', async () => {
    const { causes } = await explainAsGuest(subject, { trust: trust('dbx_wrong'), permissions, bucket: '' })
    expect(causes[0]).toMatchObject({
      confidence: 'proved',
      link: 'assume-role',
      statement: { condition: { key: 'sts:ExternalId', wanted: ['dbx_wrong'], actual: ['dbx_right'] } },
    })
    expect(causes[0]?.repairs[0]).toMatchObject({ side: 'theirs', proved: true })
  })

  it('learns that nothing refuses when nothing does', async () => {
    const { causes } = await explainAsGuest(subject, { trust: trust('dbx_right'), permissions, bucket: '' })
    expect(causes).toEqual([])
  })

  it('is told which fact does not have its form', async () => {
    const started = async () => explainAsGuest({ ...subject, roleArn: 'drawbridge-acme' }, { trust: trust('x') })
    await expect(started()).rejects.toMatchObject({ code: 'input-invalid' })
  })
})
