/** How a run that failed ends: `error:` and `hint:` on stderr, one line each, and the exit code of the table. */
import { CommanderError } from 'commander'
import { DrawbridgeError, errorCodes } from '../base/index.ts'
import { printable, type Terminal } from './terminal.ts'

/** The command line itself is wrong. */
export class UsageError extends Error {
  readonly help: string | undefined

  constructor(message: string, help?: string) {
    super(message)
    this.name = 'UsageError'
    this.help = help
  }
}

const usageExit = 2

/** Tells what went wrong and returns the exit code. Never prints a stack trace. */
export async function reportFailure(error: unknown, terminal: Terminal): Promise<number> {
  if (error instanceof CommanderError) return reportCommander(error, terminal)
  if (error instanceof UsageError) {
    say(terminal, error.message, error.help)
    return usageExit
  }
  const { scrub } = await import('../server/index.ts')
  if (error instanceof DrawbridgeError) {
    // Whoever pressed Ctrl-C knows that; what became of the work is worth a line.
    if (error.code === 'cancelled' && terminal.signal.aborted && error.help === errorCodes.cancelled.hint)
      return errorCodes.cancelled.exit
    say(terminal, scrub(error.message), scrub(error.help))
    return errorCodes[error.code].exit
  }
  if (terminal.signal.aborted) return errorCodes.cancelled.exit
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  say(terminal, scrub(`a fault of Drawbridge itself: ${what}`), 'please report it with the command that led to it')
  return errorCodes.internal.exit
}

/** Help and version are no failures; a group of commands without its command is. */
function reportCommander(error: CommanderError, terminal: Terminal): number {
  if (error.exitCode === 0) return 0
  if (error.code === 'commander.help') return usageExit
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\(|\)$/g, '')
  const hint = suggestion === '' ? 'add --help to see how it is used' : suggestion
  say(terminal, backticked(lowerFirst(first)), backticked(lowerFirst(hint)))
  return usageExit
}

function say(terminal: Terminal, message: string, help: string | undefined): void {
  const { red, cyan, bold } = terminal.noteColors
  terminal.note(`${bold(red('error:'))} ${oneLine(message)}`)
  if (help !== undefined) terminal.note(`${bold(cyan('hint:'))} ${oneLine(help)}`)
}

function oneLine(text: string): string {
  return printable(text).replace(/\s*\n\s*/g, ' ')
}

function backticked(text: string): string {
  return text.replace(/'([^']*)'/g, '`$1`').replace(/\.$/, '')
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`
}
