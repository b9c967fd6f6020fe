/** The reference pages of docs/, made from what the program itself works with, so that they can not disagree with it. */
import type { Argument, Command } from 'commander'
import { z } from 'zod'
import { errorCodes } from '../../base/index.ts'
import { apiPrefix, type Operation, type OperationName, operations } from '../../contract/index.ts'
import { configSchema } from '../config.ts'
import { makeProgram, startingCommands } from '../program.ts'

/** A page by its file name in docs/. */
export function referencePages(): Readonly<Record<string, string>> {
  return { 'errors.md': errorsPage(), 'cli.md': cliPage(), 'configuration.md': configurationPage() }
}

const made = '<!-- Made from the sources by `node scripts/write-pages.ts`; a test holds the two together. -->'

function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { meaning, hint, status, exit }]) => `| \`${code}\` | ${meaning} | ${hint} | ${status} | ${exit} |`,
  )
  return page('Errors', [
    'Every failure has one code. The API answers `{ "code", "message", "help" }` with the HTTP status of the table; the',
    'terminal prints `error:` and `hint:` on stderr and ends with the exit code.',
    '',
    '| code | meaning | what to do, where the error says nothing better | HTTP | exit |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    'Exit codes by themselves: 0 success, 1 the answer is no (a verification that is not green, a package that does not',
    'hold, a case that failed), 2 the input is wrong, 3 the other side refuses, 4 nothing of that name, 5 it conflicts with',
    'what stands, 6 the world is out of order (try later), 7 this machine lacks something, 70 a fault of Drawbridge itself,',
    '130 cancelled.',
  ])
}

function cliPage(): string {
  const program = makeProgram(async () => {})
  const named = (Object.keys(operations) as OperationName[]).flatMap((name) => {
    const row: Operation = operations[name]
    return row.cli === undefined ? [] : [commandSection(program, row, row.cli.words, row.cli.example)]
  })
  const starting = startingCommands.map(({ words, example }) => commandSection(program, null, words, example))
  return page('Commands', [
    'Every command takes `--json` (print for machines), `--data <folder>` (the data directory; else `DRAWBRIDGE_DATA`, else',
    '`./.drawbridge`), `--config <file>` and `--help`. When a server runs for the data directory, commands go through it;',
    'otherwise they open the directory themselves. Output goes to stdout; progress, hints and errors go to stderr.',
    '',
    ...named.flat(),
    ...starting.flat(),
  ])
}

const common = new Set(['--json', '--data', '--config'])

function commandSection(program: Command, row: Operation | null, words: readonly string[], example: string): string[] {
  const command = findCommand(program, words)
  if (command === null) throw new TypeError(`there is no command \`${words.join(' ')}\``)
  const options = command.options.filter((option) => !common.has(option.long ?? ''))
  const lines = [`## ${words.join(' ')}`, '', command.description(), '', '```', `$ ${example}`, '```', '']
  const rows = [
    ...command.registeredArguments.map(
      (argument) => `| \`${argumentText(argument)}\` | ${cell(argument.description)} |`,
    ),
    ...options.map((option) => `| \`${option.flags}\` | ${cell(optionText(option))} |`),
  ]
  if (rows.length > 0) lines.push('| | |', '|---|---|', ...rows, '')
  if (row !== null) lines.push(doorsText(row), '')
  return lines
}

function optionText(option: Command['options'][number]): string {
  const choices =
    option.argChoices === undefined ? '' : ` (${option.argChoices.map((item) => `\`${item}\``).join(', ')})`
  const standard =
    typeof option.defaultValue === 'string' && option.defaultValue !== '' ? ` [\`${option.defaultValue}\`]` : ''
  return `${option.description}${choices}${standard}${option.mandatory ? ' **needed**' : ''}`
}

function doorsText(row: Operation): string {
  const http = row.http === undefined ? 'no HTTP door' : `\`${row.http.method} ${apiPrefix}${row.http.path}\``
  const codes = row.errors.map((code) => `\`${code}\``).join(', ')
  return `Operation \`${row.name}\`, right \`${row.right}\`, ${http}.${codes === '' ? '' : ` Ends with ${codes}.`}`
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

/** Finds a command by its words; null when there is none. */
export function findCommand(program: Command, words: readonly string[]): Command | null {
  let found: Command | undefined = program
  for (const word of words) found = found?.commands.find((command) => command.name() === word)
  return found ?? null
}

interface Member {
  readonly description?: string | undefined
  readonly default?: unknown
  readonly type?: string | undefined
  readonly properties?: Readonly<Record<string, Member>> | undefined
}

const memberSchema: z.ZodType<Member> = z.lazy(() =>
  z.object({
    description: z.string().optional(),
    default: z.unknown().optional(),
    type: z.string().optional(),
    properties: z.record(z.string(), memberSchema).optional(),
  }),
)

function configurationPage(): string {
  const root = memberSchema.parse(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }))
  return page('Configuration', [
    'A deployment reads `config.json` in its data directory, or the file that `--config` names. Every member may be absent;',
    'unknown members are refused. Nothing else configures Drawbridge but the environment variables below.',
    '',
    '| member | default | meaning |',
    '|---|---|---|',
    ...memberRows(root.properties ?? {}, ''),
    '',
    '| variable | meaning |',
    '|---|---|',
    '| `DRAWBRIDGE_DATA` | the data directory; else `./.drawbridge` |',
    '| `DRAWBRIDGE_URL` | commands talk to this server instead of looking into the data directory |',
    '| `DRAWBRIDGE_TOKEN` | the operator token for `DRAWBRIDGE_URL`; the one of `server.json` where that is the same server |',
    '| `NO_COLOR`, `FORCE_COLOR` | colours off, colours on |',
    '| `AWS_*` | our own AWS identity, as the AWS SDK finds it: role, profile, container, keys |',
  ])
}

function memberRows(members: Readonly<Record<string, Member>>, prefix: string): string[] {
  return Object.entries(members).flatMap(([name, member]) => {
    const standard =
      member.default === undefined || member.properties !== undefined ? '' : `\`${JSON.stringify(member.default)}\``
    const row = `| \`${prefix}${name}\` | ${standard} | ${cell(member.description ?? '')} |`
    return [row, ...memberRows(member.properties ?? {}, `${prefix}${name}.`)]
  })
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function page(title: string, lines: readonly string[]): string {
  return `# ${title}\n\n${made}\n\n${lines.join('\n').trimEnd()}\n`
}
