/** Diagnosis from the text of an error, as tools print it, and as nobody does. */
import { describe, expect, it } from 'vitest'
import { mostWorkGrowth, sizeGrowth, workGrowth } from '../../base/testing/growth.ts'
import { diagnosis as diagnosisShape } from '../../contract/index.ts'
import { diagnoseText } from './diagnose-text.ts'
import { account, denied, session, texts } from './testing/printed-errors.ts'

describe('diagnoseText', () => {
  it.each(texts)('%s', (text, id, link, operation) => {
    const diagnosis = diagnoseText(text)
    expect(diagnosisShape.safeParse(diagnosis).success).toBe(true)
    expect(diagnosis.causes[0]).toMatchObject({ id, confidence: 'likely', link })
    expect(diagnosis.chain.links.find((one) => one.status === 'fail')?.id).toBe(link)
    expect(diagnosis.operation).toBe(operation)
  })

  it('rules AssumeRole out behind a session, and remarks on what is odd about the text', () => {
    const diagnosis = diagnoseText(`ERROR: S3 PutObject failed - Access Denied (403)
Identity: arn:aws:sts::123456789:assumed-role/QualioExportRole
Bucket: company-audit-reports`)
    expect(diagnosis.operation).toBe('s3:PutObject')
    expect(diagnosis.ruledOut.join()).toContain('AssumeRole had succeeded')
    expect(diagnosis.notSeen.join()).toContain('`123456789` has 9 digits')
    expect(diagnosis.notSeen.join()).toContain('without a session name')
    expect(diagnosis.causes.map((cause) => cause.id)).toEqual(
      expect.arrayContaining(['missing-permission', 'bucket-policy-deny', 'principal-tag', 'missing-kms-permission']),
    )
    const links = Object.fromEntries(diagnosis.chain.links.map((link) => [link.id, link.status]))
    expect(links).toMatchObject({
      'assume-role': 'pass',
      session: 'pass',
      permissions: 'unknown',
      'bucket-policy': 'unknown',
    })
  })

  it('draws no link red while causes on several fit, and says which it could be', () => {
    const bare = diagnoseText('An error occurred (AccessDenied) when calling the PutObject operation: Access Denied')
    expect(bare.causes.every(({ confidence }) => confidence === 'possible')).toBe(true)
    expect(bare.chain.links.filter(({ status }) => status === 'fail')).toEqual([])
    const suspects = bare.chain.links.filter(({ detail }) => detail.startsWith('it could be here: '))
    expect(suspects.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'permissions unknown',
      'bucket-policy unknown',
    ])
    expect(bare.summary).toContain('it could be permissions or bucket policy')
  })

  it('draws the one link red on which every cause that fits lies', () => {
    const token = diagnoseText(
      'An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity',
    )
    expect(token.causes.length).toBeGreaterThan(1)
    expect(token.chain.links.find(({ status }) => status === 'fail')?.id).toBe('assume-role')
    expect(token.summary).toContain('it does not tell more')
  })

  it('still tells what the next AssumeRole will meet when the words speak of the trust policy', () => {
    const diagnosis = diagnoseText(`S3 PutObject failed - Access Denied (403)
Identity: ${session}
IT added a requirement for specific source IP addresses in the trust policy.`)
    const cause = diagnosis.causes.find((one) => one.id === 'trust-source-ip')
    expect(cause?.confidence).toBe('possible')
    expect(cause?.because[0]).toBe('not this request, but the next AssumeRole would meet it')
  })

  it('hears a refusal that a client wrapped in a name of its own', () => {
    for (const text of [
      'Not authorized to perform sts:AssumeRole',
      '{"code":"ClientError","message":"Access Denied while assuming the role"}',
    ]) {
      const diagnosis = diagnoseText(text)
      expect(diagnosis.operation, text).toBe('sts:AssumeRole')
      expect(diagnosis.causes.map((cause) => cause.id)).toContain('trust-principal')
    }
  })

  it('keeps one sentence of AssumeRole to possible causes', () => {
    const diagnosis = diagnoseText(
      `An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:sts::111111111111:assumed-role/app/s is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${account}:role/R`,
    )
    expect(diagnosis.causes.length).toBeGreaterThan(3)
    expect(diagnosis.causes.every((cause) => cause.confidence === 'possible')).toBe(true)
    expect(diagnosis.nextStep).toContain('trust policy')
  })

  it('says what remains behind a session, and why a bare sentence is odd', () => {
    const diagnosis = diagnoseText(`S3 PutObject failed - Access Denied (403)\nIdentity: ${session}`)
    expect(diagnosis.ruledOut.join()).toContain('what remains: the permissions of the role')
    expect(diagnosis.notSeen.join()).toContain('names the policy type to callers of the bucket’s own account')
    const named = diagnoseText(denied('s3:PutObject', 'with an explicit deny in a resource-based policy'))
    expect(named.ruledOut.join()).not.toContain('what remains')
  })

  it('uses what the other target of the route says, told or read', () => {
    const text = `S3 PutObject failed - Access Denied (403)\nIdentity: ${session}`
    const side = 'which is on the AWS side'
    expect(diagnoseText(text).ruledOut.join()).not.toContain(side)
    expect(diagnoseText(text, { otherTargets: [{ service: 'azblob', ok: true }] }).ruledOut.join()).toContain(side)
    expect(diagnoseText(`${text}\nThe same report to Azure works.`).ruledOut.join()).toContain(side)
    for (const doubt of [
      'We have Azure as backup but haven’t tested if it works.',
      'Azure worked for six months.',
      'Azure Blob configured as backup.',
      'Does Azure work? If Azure works we are fine.',
    ]) {
      expect(diagnoseText(`${text}\n${doubt}`).ruledOut.join(), doubt).not.toContain(side)
    }
    const both = diagnoseText(text, { otherTargets: [{ service: 'azblob', ok: false }] })
    expect(both.ruledOut.join()).toContain('look first at what they share')
  })

  it('tells the values that the text shows', () => {
    const lines = (text: string): string => diagnoseText(text).causes[0]?.because.join() ?? ''
    expect(
      lines(
        '<Error><Code>RequestTimeTooSkewed</Code><RequestTime>20260301T100000Z</RequestTime><ServerTime>2026-03-01T10:20:00Z</ServerTime></Error>',
      ),
    ).toContain('20 minutes behind')
    expect(
      lines('SignatureDoesNotMatch: Signature expired: 20260301T100000Z is now earlier than 20260301T103000Z'),
    ).toContain('30 minutes behind')
    expect(
      lines(
        'AuthenticationFailed Signature not valid in the specified time frame: Start [Thu, 09 Jul 2020 10:11:03 GMT] - Expiry [Thu, 09 Jul 2020 18:11:03 GMT] - Current [Fri, 10 Jul 2020 10:16:22 GMT]',
      ),
    ).toContain('16 hours and 5 minutes before the call')
    expect(lines("AuthorizationHeaderMalformed: the region 'us-east-1' is wrong; expecting 'eu-central-1'")).toContain(
      'S3 expects `eu-central-1`, and the request was signed for `us-east-1`',
    )
    expect(
      lines(
        denied(
          's3:PutObject',
          'with an explicit deny in a service control policy: arn:aws:organizations::987654321098:policy/o-a/service_control_policy/p-b',
        ),
      ),
    ).toContain('`arn:aws:organizations::987654321098:policy/o-a/service_control_policy/p-b`')
  })

  it('takes from a CloudTrail event what the sentence does not say', () => {
    const event = {
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      awsRegion: 'eu-central-1',
      sourceIPAddress: '198.51.100.24',
      vpcEndpointId: 'vpce-0123456789abcdef0',
      errorCode: 'AccessDenied',
      errorMessage: `User: arn:aws:sts::111111111111:assumed-role/app/w is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${account}:role/export`,
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::111111111111:assumed-role/app/w',
        accountId: '111111111111',
      },
      requestParameters: {
        roleArn: `arn:aws:iam::${account}:role/export`,
        roleSessionName: 'dana',
        externalId: 'sent-id',
      },
    }
    const diagnosis = diagnoseText(
      `from the ticket:\n${JSON.stringify(event, null, 2)}\nplease help, the source IP matters`,
    )
    expect(diagnosis.operation).toBe('sts:AssumeRole')
    expect(diagnosis.notSeen.join()).toContain('CloudTrail saw the call come from `198.51.100.24`, by the VPC endpoint')
    const because = (id: string): string => diagnosis.causes.find((cause) => cause.id === id)?.because.join() ?? ''
    expect(because('trust-source-ip')).toContain('198.51.100.24')
    expect(because('external-id-mismatch')).toContain('`sent-id`')
    expect(because('trust-principal')).toContain('assumed-role/app/w')
  })

  it('hands on the id with which AWS itself explains', () => {
    const text = `${denied('s3:PutObject', 'with an explicit deny in a service control policy')}. Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/abcdef0123456789 for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: abcdef0123456789`
    expect(diagnoseText(text).nextStep).toContain('`abcdef0123456789`')
  })

  it('never says proved, and takes any text', () => {
    for (const text of ['', 'hello', '<Error>', '{"errorCode":', '\u0000\uffff', 'AccessDenied']) {
      const diagnosis = diagnoseText(text)
      expect(diagnosisShape.safeParse(diagnosis).success).toBe(true)
      expect(diagnosis.causes.every((cause) => cause.confidence !== 'proved')).toBe(true)
    }
  })

  it('reads hostile text in linear time', () => {
    const pieces = [
      'User: arn:aws:sts::111:assumed-role/',
      '<Code>',
      '"code":"',
      'on resource: ',
      'X API responded with ',
      'userIdentity arn ',
      'assume ',
      'because no ',
      'arn:aws:s3:::',
      'request id ',
      '\\"',
      '{"eventName":',
      'policy: arn:aws:iam::',
      'azure ',
    ]
    const reading = (size: number) => () => () => {
      for (const piece of pieces) diagnoseText(piece.repeat(Math.floor(size / piece.length)))
    }
    expect(workGrowth(reading(200_000 / sizeGrowth), reading(200_000))).toBeLessThan(mostWorkGrowth)
  })
})
