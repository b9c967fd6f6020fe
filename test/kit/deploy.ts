/**
 * Applies a kit's CloudFormation template and Terraform configuration to the sandbox. The template is resolved here, as far
 * as kits go and with an error for everything else; the configuration is evaluated by Terraform itself where it is at
 * hand (without its AWS provider, which lies outside), and read by our strict reader otherwise.
 */
import { execFile } from 'node:child_process'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { readEncoded } from '../../src/connection/kit/testing/read-hcl.ts'
import type { House } from './house.ts'

interface Template {
  readonly Parameters: Record<string, { readonly Default: unknown }>
  readonly Rules: Record<string, { readonly Assertions: readonly { readonly Assert: unknown }[] }>
  readonly Conditions: Record<string, unknown>
  readonly Resources: Record<string, Resource>
}
interface Resource {
  readonly Type: string
  readonly Condition?: string
  readonly Properties: Record<string, unknown>
}

/** Makes the stack in one account, with the parameters' defaults but for those given. @throws Error as a stack would fail */
export async function deployTemplate(
  house: House,
  text: string,
  account: string,
  parameters: Record<string, unknown> = {},
): Promise<void> {
  const template = JSON.parse(text) as Template
  const stranger = Object.keys(parameters).find((name) => template.Parameters[name] === undefined)
  if (stranger !== undefined) throw new Error(`the template has no parameter ${stranger}`)
  const noValue = Symbol('AWS::NoValue')

  const reference = (name: unknown): unknown => {
    if (name === 'AWS::AccountId') return account
    if (name === 'AWS::NoValue') return noValue
    const parameter = template.Parameters[String(name)]
    if (parameter === undefined) throw new Error(`Ref to ${String(name)}`)
    return parameters[String(name)] ?? parameter.Default
  }
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((one) => one !== noValue)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    const [name, argument] = entries[0] ?? []
    if (entries.length === 1 && (name === 'Ref' || name?.startsWith('Fn::') === true)) {
      return intrinsic(name, argument)
    }
    return Object.fromEntries(entries.map(([key, one]) => [key, resolve(one)]).filter(([, one]) => one !== noValue))
  }
  const intrinsic = (name: string, argument: unknown): unknown => {
    if (name === 'Ref') return reference(argument)
    const values = argument as unknown[]
    if (name === 'Fn::Equals') return resolve(values[0]) === resolve(values[1])
    if (name === 'Fn::Not') return resolve(values[0]) !== true
    if (name === 'Fn::If') return resolve(holds(String(values[0])) ? values[1] : values[2])
    throw new Error(`${name} is not used in kits`)
  }
  const holds = (condition: string): boolean => resolve(template.Conditions[condition]) === true

  for (const rule of Object.values(template.Rules)) {
    if (rule.Assertions.some((one) => resolve(one.Assert) !== true)) throw new Error('the stack is of another account')
  }
  for (const resource of Object.values(template.Resources)) {
    if (resource.Condition !== undefined && !holds(resource.Condition)) continue
    await make(house, account, resource.Type, resolve(resource.Properties) as Record<string, unknown>)
  }
}

async function make(house: House, account: string, type: string, properties: Record<string, unknown>): Promise<void> {
  const document = (value: unknown): string => JSON.stringify(value)
  const inline = (properties['Policies'] as { PolicyDocument: unknown }[] | undefined)?.[0]?.PolicyDocument
  switch (type) {
    case 'AWS::IAM::Role': {
      const { RoleName, Path, AssumeRolePolicyDocument } = properties
      await house.putRole(account, String(RoleName), String(Path), document(AssumeRolePolicyDocument), document(inline))
      return
    }
    case 'AWS::IAM::OIDCProvider':
      await house.putProvider(account, String(properties['Url']), properties['ClientIdList'] as string[])
      return
    case 'AWS::IAM::User':
      await house.putUser(account, String(properties['UserName']), document(inline))
      return
    case 'AWS::S3::BucketPolicy':
      await house.putBucketPolicy(document(properties['PolicyDocument']))
      return
    default:
      throw new Error(`${type} is not used in kits`)
  }
}

/** Evaluates the `jsonencode` locals of a configuration: by Terraform when `tool` is its path, else by our own reader. */
export async function terraformPolicies(text: string, tool: string | null): Promise<Map<string, string>> {
  const read = readEncoded(text)
  if (tool === null) return new Map([...read].map(([name, value]) => [name, JSON.stringify(value)]))
  // The block of locals alone needs no provider.
  const locals = /^locals \{\n[\s\S]*?\n\}\n/m.exec(text)?.[0]
  if (locals === undefined) throw new Error('the configuration has no locals')
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-tf-'))
  try {
    await writeFile(join(folder, 'main.tf'), locals)
    const evaluated = new Map<string, string>()
    for (const name of read.keys()) {
      const shown = await runWith(tool, ['console', '-no-color'], `local.${name}\n`, folder)
      evaluated.set(name, JSON.parse(shown.trim()) as string)
    }
    return evaluated
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Runs a program with text on its standard input. @throws Error with what it said */
export function runWith(program: string, args: readonly string[], input: string, cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { TF_CLI_CONFIG_FILE: _, ...env } = process.env
    const child = execFile(
      program,
      args,
      { cwd, env: { ...env, CHECKPOINT_DISABLE: '1' } },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`, { cause: error }))
      },
    )
    child.stdin?.end(input)
  })
}

/**
 * Finds a tool of which no package can be installed here: null, with a loud line, when it is not on the PATH. Not a failure
 * even in CI: what it would check is checked by our own readers too.
 */
export async function findTool(name: string, whatFor: string): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name)
    const isThere = await access(path).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  console.warn(`SKIPPED: ${name} is not on the PATH: ${whatFor}`)
  return null
}
