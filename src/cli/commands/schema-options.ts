/**
 * From an operation's input schema to arguments and options: required fields are arguments in the schema's order, the
 * others options of the same name. Inputs with nested objects are mapped by their own commands. Pure over commander.
 */
import { type Command, Option } from 'commander'
import { z } from 'zod'
import { fieldHelp } from './field-help.ts'

/** One field of an input, as the command line has it. */
interface Field {
  readonly name: string
  readonly kind: 'text' | 'list' | 'flag'
  readonly isArgument: boolean
  readonly choices: readonly string[] | null
  readonly standard: unknown
}

const jsonField = z.object({
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  default: z.unknown().optional(),
})
const jsonObject = z.object({
  properties: z.record(z.string(), jsonField).default({}),
  required: z.array(z.string()).default([]),
})

function fieldsOf(schema: z.ZodType): Field[] {
  const { properties, required } = jsonObject.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
  return Object.entries(properties).map(([name, field]) => ({
    name,
    kind: field.type === 'array' ? 'list' : field.type === 'boolean' ? 'flag' : 'text',
    isArgument: required.includes(name),
    choices: field.enum ?? null,
    standard: field.default,
  }))
}

/** Declares the arguments and options of a flat input. */
export function declareInput(command: Command, schema: z.ZodType): void {
  for (const field of fieldsOf(schema)) {
    if (field.isArgument) {
      command.argument(field.kind === 'list' ? `<${field.name}...>` : `<${field.name}>`, fieldHelp(field.name))
      continue
    }
    const flag = `--${kebab(field.name)}`
    const option = new Option(field.kind === 'flag' ? flag : `${flag} <value>`, fieldHelp(field.name))
    if (field.choices !== null) option.choices([...field.choices])
    if (field.standard !== undefined) option.default(field.standard)
    command.addOption(option)
  }
}

/** Gathers the input that a command line gives. Unset options are left out, so that the schema's defaults apply. */
export function collectInput(
  schema: z.ZodType,
  args: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  let position = 0
  for (const field of fieldsOf(schema)) {
    const value = field.isArgument ? args[position++] : options[field.name]
    if (value !== undefined) input[field.name] = value
  }
  return input
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
