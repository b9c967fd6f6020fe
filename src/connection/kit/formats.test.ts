/** Every form in which a kit says its policies says the same ones: JSON, CloudFormation, Terraform, and the script's own files. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConnectionInput, SetupKit } from '../../contract/index.ts'
import { allowedActions, forbiddenActions, writeSetupPolicies } from '../../iam/index.ts'
import { setupModelOf } from '../model/setup-model.ts'
import { customerAccount, exportInput, makeConnection, makeContext, principalArn } from '../testing/surroundings.ts'
import { buildKit } from './build-kit.ts'
import { readEncoded } from './testing/read-hcl.ts'

interface Template {
  readonly Metadata: { readonly Drawbridge: Record<string, unknown> }
  readonly Parameters: Record<string, { readonly Default: unknown }>
  readonly Resources: Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>
  readonly Outputs: Record<string, { readonly Value: unknown }>
}

const textOf = (kit: SetupKit, path: string): string => {
  const file = kit.files.find((one) => one.path === path)
  if (file === undefined) throw new Error(`the kit has no ${path}`)
  return file.text
}
const templateOf = (kit: SetupKit): Template => JSON.parse(textOf(kit, 'cloudformation.json')) as Template

const authentication: fc.Arbitrary<ConnectionInput['authentication']> = fc.oneof(
  fc.constant({ kind: 'role' } as const),
  fc.constant({ kind: 'role', roleArn: 'arn:aws:iam::333333333333:role/team/audit/x+y' } as const),
  fc.constant({ kind: 'role', adoptExternalId: 'chosen+by=them,long-enough@x:/1' } as const),
  fc.constant({ kind: 'access-key', accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 'v'.repeat(40) } as const),
)
const folder = fc.string({
  unit: fc.constantFrom('a', 'Z', '9', '-', '.', '{', '}', '%', '"', "'", '`', '#', ';', ':', '=', 'ü', '€'),
  minLength: 1,
  maxLength: 8,
})
const input: fc.Arbitrary<ConnectionInput> = fc
  .record({
    purpose: fc.constantFrom('source' as const, 'enrichment' as const, 'export' as const),
    region: fc.constantFrom('eu-central-1', 'cn-north-1', 'us-gov-west-1'),
    folders: fc.array(folder, { maxLength: 3 }),
    authentication,
    hasKey: fc.boolean(),
    acl: fc.boolean(),
    resume: fc.boolean(),
    tags: fc.uniqueArray(fc.constantFrom('Team', 'cost centre', 'a/b:c'), { maxLength: 3 }),
  })
  .map(({ purpose, region, folders, hasKey, acl, resume, tags, ...rest }) => ({
    name: 'acme',
    purpose,
    location: {
      service: 's3',
      uri: 's3://acme-audit',
      rootPath: folders.map((one) => `${/^\.+$/.test(one) ? 'dots' : one}/`).join(''),
      region,
      bucketOwner: customerAccount,
    },
    authentication: rest.authentication,
    identityMapping: { sourceIdentityClaim: 'sub', tags: tags.map((tag) => ({ tag, claim: 'c', required: true })) },
    writing: {
      acl: acl && purpose !== 'source' ? 'bucket-owner-full-control' : 'none',
      resume: resume && purpose !== 'source',
      encryption: hasKey
        ? { kind: 'sse-kms', keyArn: `arn:aws:kms:${region}:${customerAccount}:key/1234abcd-12ab` }
        : { kind: 'bucket-default' },
    },
  }))

describe('for any connection to a bucket', () => {
  it('every form says the very policies of the model', async () => {
    await fc.assert(
      fc.asyncProperty(input, async (given) => {
        const context = makeContext()
        const connection = await makeConnection(given, context)
        const kit = await buildKit(connection, context)
        const isRole = connection.authentication.kind === 'role'
        const policies = writeSetupPolicies(setupModelOf(connection, isRole ? principalArn : '-'))
        const statement = policies.key?.Statement.at(-1)

        const json = (path: string): unknown => JSON.parse(textOf(kit, path))
        expect(json('permissions-policy.json')).toEqual(policies.permissions)
        expect(json('bucket-policy.json')).toEqual(policies.bucket)
        if (isRole) expect(json('trust-policy.json')).toEqual(policies.trust)
        if (statement !== undefined) expect(json('key-policy.json')).toEqual(policies.key)

        const template = templateOf(kit)
        const subject = template.Resources[isRole ? 'DrawbridgeRole' : 'DrawbridgeUser']?.Properties
        expect(subject?.['Policies']).toEqual([{ PolicyName: 'drawbridge-acme', PolicyDocument: policies.permissions }])
        if (isRole) expect(subject?.['AssumeRolePolicyDocument']).toEqual(policies.trust)
        expect(template.Metadata.Drawbridge['BucketPolicy']).toEqual(policies.bucket)
        expect(template.Metadata.Drawbridge['KeyPolicyStatement']).toEqual(statement)
        const attached = template.Resources['DrawbridgeBucketPolicy']?.Properties['PolicyDocument']
        if (attached !== undefined) expect(attached).toEqual(policies.bucket)

        const terraform = readEncoded(textOf(kit, 'main.tf'))
        expect(Object.fromEntries(terraform)).toEqual({
          ...(isRole ? { trust_policy: policies.trust } : {}),
          permissions_policy: policies.permissions,
          bucket_policy: policies.bucket,
          ...(statement === undefined ? {} : { key_policy_statement: statement }),
        })

        // The script has no policy of its own: it names files that lie beside it.
        const named = [...textOf(kit, 'apply-aws-cli.sh').matchAll(/file:\/\/([\w.-]+)/g)].map(
          (match) => match[1] ?? '',
        )
        const paths = kit.files.map((file) => file.path)
        expect(named.filter((path) => !paths.includes(path))).toEqual([])
        expect(named).toContain('permissions-policy.json')
      }),
      { numRuns: 60 },
    )
  })

  it('every form says what is granted and why, and what is deliberately not; none holds a secret', async () => {
    await fc.assert(
      fc.asyncProperty(input, async (given) => {
        const context = makeContext()
        const connection = await makeConnection(given, context)
        const kit = await buildKit(connection, context)
        const model = setupModelOf(connection, kit.principal)
        const facts = [...allowedActions(model), ...forbiddenActions(model)]
        for (const path of ['README.md', 'apply-aws-cli.sh', 'cloudformation.json', 'main.tf']) {
          const text = textOf(kit, path)
          expect(text, path).toContain(connection.purpose === 'source' ? 'writes nothing' : 'writes re')
          for (const fact of facts) expect([path, text.includes(fact.action)]).toEqual([path, true])
        }
        expect(JSON.stringify(kit)).not.toContain('vvvv')
        execFileSync('/bin/sh', ['-n'], { input: textOf(kit, 'apply-aws-cli.sh') })
      }),
      { numRuns: 15 },
    )
  })
})

describe('the template', () => {
  it('leaves nothing that decides who gets in to a parameter', async () => {
    const context = makeContext()
    const template = templateOf(await buildKit(await makeConnection({}, context), context))
    expect(Object.keys(template.Parameters)).toEqual([
      'PermissionsBoundaryArn',
      'MaxSessionDurationSeconds',
      'ApplyBucketPolicy',
    ])
    expect(Object.values(template.Parameters).every((parameter) => parameter.Default !== undefined)).toBe(true)
    expect(template.Parameters['ApplyBucketPolicy']?.Default).toBe('no')
  })

  it('has no bucket policy for a bucket of another account, and says where it belongs', async () => {
    const context = makeContext()
    const role = { kind: 'role', roleArn: 'arn:aws:iam::333333333333:role/x' } as const
    const kit = await buildKit(await makeConnection({ authentication: role }, context), context)
    expect(Object.keys(templateOf(kit).Resources)).toEqual(['DrawbridgeRole'])
    expect(JSON.stringify(templateOf(kit).Metadata)).toContain(`The bucket policy lies in account ${customerAccount}`)
    expect(textOf(kit, 'main.tf')).not.toContain('aws_s3_bucket_policy')
  })

  it('makes no access key, in any form', async () => {
    const context = makeContext()
    const key = { kind: 'access-key', accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 'v'.repeat(40) } as const
    const kit = await buildKit(await makeConnection({ authentication: key }, context), context)
    expect(Object.values(templateOf(kit).Resources).map((resource) => resource.Type)).toEqual([
      'AWS::IAM::User',
      'AWS::S3::BucketPolicy',
    ])
    expect(textOf(kit, 'main.tf')).not.toContain('resource "aws_iam_access_key"')
    expect(textOf(kit, 'README.md')).toContain('`--secret-file`')
    expect(kit.files.map((file) => file.path)).not.toContain('trust-policy.json')
  })
})

describe('the quick-create link', () => {
  const published = { kitTemplateBucketUrl: 'https://kits.s3.eu-central-1.amazonaws.com/drawbridge/' }

  it('leads to the template by its own hash, and names neither External ID nor customer', async () => {
    const context = makeContext(published)
    const kit = await buildKit(await makeConnection({}, context), context)
    const readme = textOf(kit, 'README.md')
    const link = new URL(/\[open the filled-in form\]\(([^)]+)\)/.exec(readme)?.[1] ?? '')
    expect(link.origin).toBe('https://console.aws.amazon.com')
    const query = new URLSearchParams(link.hash.slice(link.hash.indexOf('?') + 1))
    const digest = createHash('sha256').update(textOf(kit, 'cloudformation.json')).digest('hex')
    const address = `https://kits.s3.eu-central-1.amazonaws.com/drawbridge/${digest}/cloudformation.json`
    expect(Object.fromEntries(query)).toEqual({ templateURL: address, stackName: 'drawbridge-acme' })
    expect(link.href).not.toContain(kit.externalId)
    expect(link.href).not.toContain(customerAccount)
    expect(textOf(kit, 'vendor-README.md')).toContain(address)
  })

  it('opens the console of the partition', async () => {
    const context = makeContext(published)
    const location = { ...exportInput.location, region: 'cn-north-1' } as ConnectionInput['location']
    expect(textOf(await buildKit(await makeConnection({ location }, context), context), 'README.md')).toContain(
      'https://console.amazonaws.cn/cloudformation/home?region=cn-north-1#',
    )
  })

  it('is not there without a template bucket, and is refused for one that is not https', async () => {
    const plain = makeContext()
    expect(textOf(await buildKit(await makeConnection({}, plain), plain), 'README.md')).not.toContain('filled-in form')
    for (const kitTemplateBucketUrl of ['http://kits.example.com/', 'https://kits.example.com/?token=x']) {
      const context = makeContext({ kitTemplateBucketUrl })
      await expect(buildKit(await makeConnection({}, context), context)).rejects.toThrow(TypeError)
    }
  })
})

describe('the External ID in the README', () => {
  const readmeOf = async (given: Partial<ConnectionInput>): Promise<string> => {
    const context = makeContext()
    return textOf(await buildKit(await makeConnection(given, context), context), 'README.md')
  }

  it.each([
    ['generated', {}, 'made by Drawbridge for this connection alone'],
    ['adopted', { adoptExternalId: 'an-older-external-id' }, '**adopted**'],
    ['none', { roleArn: 'arn:aws:iam::111111111111:role/ours', withoutExternalId: true }, 'External ID: none'],
  ])('%s: says where it comes from and what follows', async (_, more, words) => {
    const readme = await readmeOf({ authentication: { kind: 'role', ...more } })
    expect(readme).toContain(words)
    expect(readme.match(/External ID: /g)).toHaveLength(1)
  })
})
