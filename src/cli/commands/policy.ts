/** `policy evaluate`: runs files of cases through the evaluator; needs no service and no network. */
import { type Colors, printable } from '../terminal.ts'
import type { CommandForm } from './form.ts'
import { show } from './run.ts'

export const evaluateCommand: CommandForm = {
  declare: (command) => {
    command.argument('<cases...>', 'files of cases, each one case or a list of them')
  },
  run: async (run, [paths]) => {
    const { evaluateCases } = await import('../../operations/index.ts')
    const { results } = await evaluateCases({ cases: paths as readonly string[] })
    const lines = results.map((result) => readResult(result))
    const failed = lines.filter((line) => !line.ok)
    show(run, { results }, () => {
      const { colors } = run.terminal
      const drawn = lines.map((line) => drawLine(line, colors))
      const count = `${lines.length - failed.length} of ${lines.length} hold`
      return [...drawn, '', failed.length === 0 ? colors.green(count) : colors.red(count)].join('\n')
    })
    return failed.length === 0 ? 0 : 1
  },
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
  const word = (name: string): string => (typeof facts[name] === 'string' ? facts[name] : '')
  const expected = facts['expected']
  return {
    name: word('name'),
    ok: facts['ok'] !== false && !('problem' in facts),
    decision: word('decision'),
    expected: typeof expected === 'string' ? expected : null,
    reason: word('problem') || word('reason'),
  }
}

function drawLine(line: Line, colors: Colors): string {
  const mark = line.ok ? colors.green('●') : colors.red('✗')
  const verdict = line.decision === '' ? '' : ` ${colors.bold(line.decision)}`
  const wanted = line.ok || line.expected === null ? '' : colors.red(` (expected ${line.expected})`)
  return `${mark} ${printable(line.name)}${verdict}${wanted}\n  ${colors.dim(printable(line.reason))}`
}
