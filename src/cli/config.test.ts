/** The configuration: what it defaults to, and that a mistake is named instead of ignored. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfig, readConfig } from './config.ts'
import { oidcSettings } from './people-config.ts'

describe('a configuration', () => {
  it('may be empty', () => {
    expect(parseConfig('{}', 'config.json')).toMatchObject({
      tenant: 'default',
      listen: { host: '127.0.0.1', port: 4780 },
      egress: 'dynamic',
      allowedEndpoints: [],
    })
  })

  it.each([
    ['{"egres":"dynamic"}', '`config.json`: unrecognized key: "egres"'],
    ['{"egress":["203.0.113.0/33"]}', '`egress.0`: an address range such as'],
    ['{"listen":{"port":70000}}', '`listen.port`'],
    ['{"oidc":{"issuer":"x","clientId":"y"}}', '`oidc.issuer`'],
    ['{"oidc":{"issuer":"https://i.example","clientId":"y","clientSecret":"a","clientSecretFile":"b"}}', 'not both'],
    ['[]', '`config.json`'],
    ['{', '`config.json` is not JSON'],
  ])('%s is refused', (text, part) => {
    expect(() => parseConfig(text, 'config.json')).toThrow(expect.objectContaining({ code: 'configuration-invalid' }))
    expect(() => parseConfig(text, 'config.json')).toThrow(part)
  })

  it('is looked for in the data directory, where none is none', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-config-'))
    expect((await readConfig(directory, null)).tenant).toBe('default')
    await writeFile(join(directory, 'config.json'), '{"tenant":"acme"}')
    expect((await readConfig(directory, null)).tenant).toBe('acme')
    await expect(readConfig(directory, join(directory, 'other.json'))).rejects.toMatchObject({
      code: 'configuration-invalid',
    })
    await rm(directory, { recursive: true })
  })

  it('reads the client secret from its file, and prints it nowhere', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-config-'))
    await writeFile(join(directory, 'secret'), 'hunter2hunter2\n')
    const config = parseConfig(
      '{"oidc":{"issuer":"https://i.example","clientId":"y","clientSecretFile":"secret"}}',
      'config.json',
    )
    const settings = await oidcSettings(config, directory)
    expect(settings?.clientSecret?.reveal()).toBe('hunter2hunter2')
    expect(JSON.stringify(settings)).not.toContain('hunter2')
    await rm(directory, { recursive: true })
  })
})
