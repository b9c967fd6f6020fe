/** The commands of the policy language: they work on files and need neither a service nor the network. */
import type { OperationInput, OperationOutput } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import type { CommandForm, Options } from './form.ts'
import type { Run } from './run.ts'

export const evaluateCommand: CommandForm = {
  declare: (command) => {
    command.argument('<cases...>', 'files of cases, each one case or a list of them')
  },
  run: async (run, [paths]) => {
    const { evaluateCases } = await import('../../operations/index.ts')
    const { results } = await evaluateCases({ cases: paths as readonly string[] })
    const lines = results.map((result) => readResult(result))
    const failed = lines.filter((line) => !line.ok)
    const { colors } = run.terminal
    if (run.json) outLines(run, results)
    else {
      const count = `${lines.length - failed.length} of ${lines.length} hold`
      const drawn = lines.map((line) => drawLine(line, colors))
      run.terminal.out([...drawn, '', failed.length === 0 ? colors.green(count) : colors.red(count)].join('\n'))
    }
    return failed.length === 0 ? 0 : 1
  },
}

export const checkCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<files...>', 'policies as JSON')
      .requiredOption('--kind <kind>', 'trust, identity, bucket, key, scp, rcp, session or boundary')
      .option('--our-principal <arn>', 'the principal that we call as; a trust policy must name it')
      .option('--external-id <id>', 'the External ID that we send')
      .option('--tag <key...>', 'a session tag that we send; repeatable')
      .option('--egress <cidrs>', 'from where our calls come: `dynamic`, or ranges with commas between')
  },
  run: async (run, [files], options) => {
    const { checkPolicies, parseLocalInput } = await import('../../operations/index.ts')
    const egress = word(options, 'egress')
    const input = parseLocalInput('policy.check', {
      files,
      kind: options['kind'],
      ourPrincipal: word(options, 'ourPrincipal'),
      externalId: word(options, 'externalId'),
      sessionTagKeys: options['tag'],
      egress: egress === undefined || egress === 'dynamic' ? egress : egress.split(','),
    })
    return showResults(run, await checkPolicies(input))
  },
}

export const explainCommand = callsCommand('explain', async (input) => {
  const { explainCalls } = await import('../../operations/index.ts')
  return explainCalls(input)
})

export const repairCommand = callsCommand('repair', async (input) => {
  const { repairCalls } = await import('../../operations/index.ts')
  return repairCalls(input)
})

export const compareCommand = callsCommand('compare', async (input) => {
  const { compareCalls } = await import('../../operations/index.ts')
  return compareCalls(input)
})

export const writeCommand: CommandForm = {
  declare: (command) => {
    command
      .requiredOption('--purpose <purpose>', 'export, source or enrichment')
      .requiredOption('--bucket <name>', 'the bucket')
      .requiredOption('--bucket-owner <account>', 'the account that owns it')
      .requiredOption('--our-principal <arn>', 'the principal that we call as')
      .option('--external-id <id>', 'the External ID that we send; absent: none, right only in our own account')
      .option('--root-path <path>', 'the folder inside the bucket: `reports/`', '')
      .option('--role-arn <arn>', "the customer's role; absent: one named after the bucket")
      .option('--kms-key <arn>', 'the key that objects are encrypted with')
      .option('--tag <key...>', 'a session tag that we may send; repeatable')
      .option('--acl', 'objects are sent with the ACL bucket-owner-full-control')
      .option('--resume', 'multipart uploads may be listed, resumed and aborted')
  },
  run: async (run, _args, options) => {
    const { parseLocalInput, writePolicies } = await import('../../operations/index.ts')
    const input = parseLocalInput('policy.write', {
      purpose: options['purpose'],
      bucket: options['bucket'],
      bucketOwner: options['bucketOwner'],
      ourPrincipal: options['ourPrincipal'],
      externalId: word(options, 'externalId'),
      rootPath: word(options, 'rootPath'),
      roleArn: word(options, 'roleArn'),
      kmsKeyArn: word(options, 'kmsKey'),
      sessionTagKeys: options['tag'] ?? [],
      acl: options['acl'] === true,
      resume: options['resume'] === true,
    })
    const { policies } = await writePolicies(input)
    if (run.json) run.terminal.out(JSON.stringify({ policies }, null, 2))
    else {
      const drawn = Object.entries(policies).map(([name, policy]) => `# ${name}\n${JSON.stringify(policy, null, 2)}`)
      run.terminal.out(drawn.join('\n\n'))
    }
    return 0
  },
}

type Results = OperationOutput<'policy.explain'>

function callsCommand(
  verb: 'explain' | 'repair' | 'compare',
  work: (input: OperationInput<'policy.explain'>) => Promise<Results>,
): CommandForm {
  return {
    declare: (command) => {
      command.argument('<calls...>', `files of calls to ${verb}: one API call with the policies it meets`)
    },
    run: async (run, [calls]) => {
      const { parseLocalInput } = await import('../../operations/index.ts')
      return showResults(run, await work(parseLocalInput(`policy.${verb}`, { calls })))
    },
  }
}

/** One JSON value a line, or the texts under their names. 1 where a file is not as it should be. */
function showResults(run: Run, { results }: Results): number {
  if (run.json)
    outLines(
      run,
      results.map(({ text: _, data, ...rest }) => ({ ...rest, ...(data as object) })),
    )
  else {
    const { colors } = run.terminal
    const drawn = results.map(({ name, ok, text }) => {
      const mark = ok ? colors.green('●') : colors.red('✗')
      return `${mark} ${colors.bold(printable(name))}\n\n${text.replace(/\n$/, '')}`
    })
    run.terminal.out(drawn.join('\n\n'))
  }
  return results.every(({ ok }) => ok) ? 0 : 1
}

function outLines(run: Run, values: readonly unknown[]): void {
  run.terminal.out(values.map((value) => JSON.stringify(value)).join('\n'))
}

function word(options: Options, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

interface Line {
  readonly name: string
  readonly ok: boolean
  readonly decision: string
  readonly expected: string | null
  readonly reason: string
}

/** A case without an expectation can not fail; a malformed one always does. */
function readResult(result: unknown): Line {
  const facts = (typeof result === 'object' && result !== null ? result : {}) as Record<string, unknown>
  const text = (name: string): string => (typeof facts[name] === 'string' ? facts[name] : '')
  const expected = facts['expected']
  return {
    name: text('name'),
    ok: facts['ok'] !== false && !('problem' in facts),
    decision: text('decision'),
    expected: typeof expected === 'string' ? expected : null,
    reason: text('problem') || text('reason'),
  }
}

function drawLine(line: Line, colors: Colors): string {
  const mark = line.ok ? colors.green('●') : colors.red('✗')
  const verdict = line.decision === '' ? '' : ` ${colors.bold(line.decision)}`
  const wanted = line.ok || line.expected === null ? '' : colors.red(` (expected ${line.expected})`)
  return `${mark} ${printable(line.name)}${verdict}${wanted}\n  ${colors.dim(printable(line.reason))}`
}
