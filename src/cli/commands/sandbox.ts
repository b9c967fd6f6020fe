/** `sandbox`: starts the local cloud, says who lives in it, and prints the lines that point other programs at it. */
import { DrawbridgeError } from '../../base/index.ts'
import type { Sandbox } from '../../sandbox/index.ts'
import { UsageError } from '../failure.ts'
import { renderTable } from '../render/table.ts'
import type { Colors } from '../terminal.ts'
import { text } from './connection-options.ts'
import type { CommandForm } from './form.ts'
import { show } from './run.ts'
import { portOf, untilAborted } from './serve.ts'

export const sandboxCommand: CommandForm = {
  declare: (command) => {
    command
      .option('--port <port>', 'the port to listen on; absent: any free one')
      .option('--objects <folder>', 'where the bytes of objects lie while it runs')
      .option(
        '--propagation-delay <seconds>',
        'how long changes of roles and policies take until they decide; absent: 0',
      )
  },
  run: async (run, _args, options) => {
    const { startSandbox, sandboxAccounts } = await import('../../sandbox/index.ts')
    const directory = text(options, 'objects')
    const port = portOf(text(options, 'port'))
    const delay = text(options, 'propagationDelay')
    if (delay !== undefined && !/^\d{1,5}$/.test(delay)) throw new UsageError(`\`${delay}\` is not a number of seconds`)
    const sandbox = await startSandbox({
      ...(port === undefined ? {} : { port }),
      ...(directory === undefined ? {} : { directory }),
      ...(delay === undefined ? {} : { propagationDelayMs: Number(delay) * 1000 }),
    }).catch((cause: NodeJS.ErrnoException) => {
      throw new DrawbridgeError({
        code: 'unavailable',
        message: `the sandbox can not start: ${cause.code === 'EADDRINUSE' ? 'the port is taken' : (cause.code ?? 'refused')}`,
        help: 'choose another port with --port',
        cause,
      })
    })
    try {
      const facts = describe(sandbox, sandboxAccounts)
      show(run, facts, () => draw(facts, run.terminal.colors))
      await untilAborted(run.terminal.signal)
    } finally {
      await sandbox.close()
    }
    return 0
  },
}

interface Facts {
  readonly endpoint: string
  readonly baseRoleArn: string
  readonly containerCredentialsUrl: string
  readonly accounts: readonly {
    readonly account: string
    readonly who: string
    readonly user: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }[]
}

/** The keys are made at every start and open nothing but this sandbox, so they are meant to be read. */
function describe(sandbox: Sandbox, accounts: Readonly<Record<string, string>>): Facts {
  return {
    endpoint: sandbox.endpoint,
    baseRoleArn: sandbox.baseRoleArn,
    containerCredentialsUrl: sandbox.containerCredentialsUrl,
    accounts: Object.entries(accounts).map(([who, account]) => ({
      account,
      who,
      user: 'admin',
      ...sandbox.userCredentials(account, 'admin'),
    })),
  }
}

function draw(facts: Facts, colors: Colors): string {
  const customer = facts.accounts.find(({ who }) => who === 'customer')
  const lines = [
    `the sandbox listens on ${colors.bold(facts.endpoint)}: S3, STS, IAM and KMS`,
    '',
    renderTable([
      ['ACCOUNT', 'WHO', 'USER', 'ACCESS KEY', 'SECRET'].map(colors.dim),
      ...facts.accounts.map(({ account, who, user, accessKeyId, secretAccessKey }) => [
        account,
        who,
        user,
        accessKeyId,
        secretAccessKey,
      ]),
    ]),
    '',
    colors.dim(
      '# Drawbridge as the vendor, in another terminal; set `stsEndpoint` and `allowedEndpoints` to the endpoint',
    ),
    `export AWS_CONTAINER_CREDENTIALS_FULL_URI=${facts.containerCredentialsUrl}`,
  ]
  if (customer !== undefined) {
    lines.push(
      '',
      colors.dim("# the customer's administrator"),
      `export AWS_ACCESS_KEY_ID=${customer.accessKeyId}`,
      `export AWS_SECRET_ACCESS_KEY=${customer.secretAccessKey}`,
      'export AWS_REGION=eu-central-1',
      `export AWS_ENDPOINT_URL=${facts.endpoint}`,
      'aws s3 mb s3://acme-audit',
    )
  }
  return lines.join('\n')
}
