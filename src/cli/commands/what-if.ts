/** `connection whatif`: planned policies from files, tried before they are applied; for a person, or for the customer's CI. */
import type { OperationInput } from '../../contract/index.ts'
import { UsageError } from '../failure.ts'
import { annotationsOf, type PlannedFiles } from '../render/annotations.ts'
import { renderWhatIf } from '../render/what-if.ts'
import { text } from './connection-options.ts'
import { readPolicies } from './diagnose.ts'
import { readText } from './files.ts'
import type { CommandForm, Options } from './form.ts'
import { type Run, show } from './run.ts'

type Planned = OperationInput<'connection.whatif'>['planned']

export const whatIfCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<name>', "the connection's name")
      .option('--trust <file>', 'the trust policy as it would be')
      .option(
        '--permissions <file>',
        'a permissions policy of the role as it would be; repeatable, all of them',
        append,
      )
      .option('--boundary <file>', 'the permissions boundary as it would be')
      .option('--bucket <file>', 'the bucket policy as it would be; an empty file for none')
      .option('--key <file>', 'the key policy as it would be')
      .option('--before <folder>', 'the policies as they are, named as in the set-up kit; absent: those of the kit')
      .option('--annotations', 'print what code review tools show at the line: `::error file=…,line=…::…`')
  },
  run: async (run, [name], options) => {
    const files = plannedFiles(options)
    const before = text(options, 'before')
    const input = {
      name: String(name),
      planned: await readPlan(run, files),
      ...(before === undefined ? {} : { before: await readPolicies(before, run.terminal.stdin) }),
    }
    const { client } = await run.openDoor()
    const found = await client.connection.whatif(input, { signal: run.terminal.signal })
    if (options['annotations'] === true && !run.json) {
      for (const line of annotationsOf(found, files)) run.terminal.out(line)
    } else {
      show(run, found, () => renderWhatIf(found, run.terminal.columns, run.terminal.colors))
    }
    return found.status === 'pass' ? 0 : 1
  },
}

function append(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value]
}

function plannedFiles(options: Options): PlannedFiles {
  const one = (name: string): string[] => {
    const file = text(options, name)
    return file === undefined ? [] : [file]
  }
  const permissions = options['permissions']
  const files: PlannedFiles = {
    trust: one('trust'),
    permissions: Array.isArray(permissions) ? permissions.map(String) : [],
    boundary: one('boundary'),
    bucket: one('bucket'),
    key: one('key'),
  }
  if (Object.values(files).some((list) => list.length > 0)) return files
  throw new UsageError(
    'there is no plan',
    'give at least one policy as it would be: --trust, --permissions, --boundary, --bucket, --key',
  )
}

async function readPlan(run: Run, files: PlannedFiles): Promise<Planned> {
  const read = (file: string): Promise<string> => readText(file, run.terminal.stdin)
  const planned: Planned = {}
  for (const name of ['trust', 'boundary', 'bucket', 'key'] as const) {
    const [file] = files[name]
    if (file !== undefined) planned[name] = await read(file)
  }
  if (files.permissions.length > 0) planned.permissions = await Promise.all(files.permissions.map(read))
  return planned
}
