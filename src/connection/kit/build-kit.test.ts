/** The set-up kit in all its forms, against the one model that they are made from. */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { ConnectionInput, SetupKit } from '../../contract/index.ts'
import { parsePolicy } from '../../iam/index.ts'
import {
  customerAccount,
  exportInput,
  fixedBase,
  makeConnection,
  makeContext,
  makeTokens,
  principalArn,
  vendorAccount,
} from '../testing/surroundings.ts'
import { buildKit } from './build-kit.ts'
import { quote } from './shell.ts'

const keyArn = `arn:aws:kms:eu-central-1:${customerAccount}:key/1234abcd-12ab-34cd-56ef-1234567890ab`

async function kitOf(
  input: Partial<ConnectionInput> = {},
  change: Parameters<typeof makeContext>[0] = {},
): Promise<SetupKit> {
  const context = makeContext(change)
  return buildKit(await makeConnection(input, context), context)
}

const textOf = (kit: SetupKit, path: string): string => kit.files.find((file) => file.path === path)?.text ?? ''

/** Whether a POSIX shell can read it. */
function checkSyntax(script: string): void {
  execFileSync('/bin/sh', ['-n'], { input: script })
}

describe('buildKit', () => {
  it('writes every file of a role, and policies that our own reader accepts', async () => {
    const kit = await kitOf({ writing: { encryption: { kind: 'sse-kms', keyArn } } })
    expect(kit.files.map((file) => file.path)).toEqual([
      'README.md',
      'trust-policy.json',
      'permissions-policy.json',
      'bucket-policy.json',
      'key-policy.json',
      'apply-aws-cli.sh',
      'cloudformation.json',
      'main.tf',
      'vendor-base-policy.json',
      'vendor-README.md',
      'evidence-key.pem',
    ])
    for (const file of kit.files.filter((one) => one.path.endsWith('policy.json'))) {
      expect(parsePolicy(file.text), file.path).toMatchObject({ ok: true })
    }
    expect(kit.principal).toBe(principalArn)
    expect(textOf(kit, 'trust-policy.json')).toContain(kit.externalId)
    expect(textOf(kit, 'trust-policy.json')).toContain(principalArn)
  })

  it('has no key policy without a key', async () => {
    expect((await kitOf()).files.map((file) => file.path)).not.toContain('key-policy.json')
  })

  it('tells who, what, why, what not, from where, and what stays', async () => {
    const kit = await kitOf()
    const readme = textOf(kit, 'README.md')
    for (const part of [
      kit.externalId ?? 'none',
      principalArn,
      '`s3:PutObject`',
      'deliberately not',
      '`s3:GetObject`',
      'addresses that change',
      'reports/.drawbridge/',
      'evidence-key.pem',
    ]) {
      expect(readme).toContain(part)
    }
    const fixed = await kitOf({}, { egress: ['203.0.113.7/32'] })
    expect(textOf(fixed, 'README.md')).toContain('203.0.113.7/32')
    expect(fixed.egress).toBe('203.0.113.7/32')
  })

  it('says to the vendor’s operator how the base identity gets its policy, whether it is a role or a user', async () => {
    expect(textOf(await kitOf(), 'vendor-README.md')).toContain(
      'aws iam put-role-policy --role-name drawbridge-base --policy-name drawbridge-drawbridge-acme',
    )
    const userArn = `arn:aws:iam::${vendorAccount}:user/apps/drawbridge`
    const base = {
      ...fixedBase(),
      whoAmI: async () => ({ account: vendorAccount, callerArn: userArn, principalArn: userArn }),
    }
    const ofUser = await kitOf({}, { base })
    expect(textOf(ofUser, 'vendor-README.md')).toContain('aws iam put-user-policy --user-name drawbridge --policy-name')
    expect(textOf(ofUser, 'vendor-README.md')).toContain('move to a role')
    expect(textOf(ofUser, 'trust-policy.json')).toContain(userArn)
    const asked = { authentication: { kind: 'role', webIdentity: true } } as const
    const token = textOf(await kitOf(asked, { tokens: makeTokens() }), 'vendor-README.md')
    expect(token).toContain('/.well-known/jwks.json')
    expect(token).not.toContain('put-role-policy')
  })

  it('writes scripts that a shell can read and that stop in the wrong account', async () => {
    const role = textOf(await kitOf(), 'apply-aws-cli.sh')
    checkSyntax(role)
    expect(role).toContain(`account='${customerAccount}'`)
    expect(role).toContain('aws sts get-caller-identity')
    const elsewhere = await kitOf({
      authentication: { kind: 'role', roleArn: 'arn:aws:iam::333333333333:role/path/to/x' },
    })
    checkSyntax(textOf(elsewhere, 'apply-aws-cli.sh'))
    expect(textOf(elsewhere, 'apply-aws-cli.sh')).toContain("--path '/path/to/'")
    expect(textOf(elsewhere, 'README.md')).toContain('`bucket-policy.json` is needed too')
    const key = await kitOf({
      authentication: { kind: 'access-key', accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 's'.repeat(40) },
    })
    checkSyntax(textOf(key, 'apply-aws-cli.sh'))
    expect(JSON.stringify(key)).not.toContain('sssss')
  })

  it('quotes a root path that would be read by the shell or by Markdown', async () => {
    const rootPath = "it's;$(id)|`x`/".replace('$', '')
    const kit = await kitOf({ location: { ...exportInput.location, rootPath } })
    checkSyntax(textOf(kit, 'apply-aws-cli.sh'))
    expect(execFileSync('/bin/sh', ['-c', `printf %s ${quote(rootPath)}`], { encoding: 'utf8' })).toBe(rootPath)
  })

  it('asks for the least letters of a SAS token, bound to a stored access policy', async () => {
    const allowed = { allowedEndpoints: ['https://acme0audit.blob.core.windows.net'] }
    const token =
      'sv=2024-11-04&si=drawbridge&sr=c&spr=https&sp=cw&se=2027-01-15T00%3A00%3A00Z&sig=c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmE%3D'
    const azure: Partial<ConnectionInput> = {
      location: { service: 'azblob', containerUrl: 'https://acme0audit.blob.core.windows.net/exports', rootPath: '' },
      authentication: { kind: 'sas', token },
    }
    const kit = await kitOf(azure, allowed)
    const script = textOf(kit, 'apply-azure-cli.sh')
    checkSyntax(script)
    expect(script).toContain("--permissions 'cw' ")
    expect(script).toContain("account='acme0audit'")
    expect(JSON.stringify(kit)).not.toContain('c2lnbmF0dXJl')
  })

  it('lets a role that is there already give the long sessions that the connection asks for', async () => {
    const user = `arn:aws:iam::111111111111:user/drawbridge`
    const whoAmI = async () => ({ account: '111111111111', callerArn: user, principalArn: user })
    const change = { base: { ...fixedBase(), whoAmI } }
    const long = await kitOf({ authentication: { kind: 'role', durationSeconds: 7200 } }, change)
    expect(textOf(long, 'apply-aws-cli.sh')).toContain('update-role --role-name "$role" --max-session-duration 7200')
    expect(textOf(long, 'apply-aws-cli.sh')).toContain("--path '/' --max-session-duration 7200")
    expect(textOf(long, 'README.md')).toContain('within 120 minutes')
    expect(textOf(await kitOf(), 'apply-aws-cli.sh')).not.toContain('update-role ')
  })

  it('says of a store of its own that it is not AWS', async () => {
    const endpoint = 'https://s3.example.com'
    const location = { ...exportInput.location, endpoint } as ConnectionInput['location']
    const kit = await kitOf({ location }, { allowedEndpoints: [endpoint] })
    expect(textOf(kit, 'README.md')).toContain('`https://s3.example.com`')
    expect(textOf(await kitOf(), 'README.md')).not.toContain('A store of its own')
  })

  it('needs to know our principal for a role', async () => {
    const connection = await makeConnection()
    await expect(buildKit(connection, makeContext({ base: null }))).rejects.toMatchObject({ code: 'no-base-identity' })
  })
})
