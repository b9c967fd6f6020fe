/** Runs docs/walkthrough.md as it stands: every `$` line in one shell, every shown line against what was printed. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from './needs.ts'

const root = path.dirname(import.meta.dirname)

interface Step {
  readonly command: string
  /** `…` on a line stands for anything; a line of `…` alone for any lines. */
  readonly shown: readonly string[]
}

function stepsOf(page: string): Step[] {
  const steps: { command: string; shown: string[] }[] = []
  for (const block of page.matchAll(/```console\n([\s\S]*?)```/g)) {
    for (const line of (block[1] ?? '').trimEnd().split('\n')) {
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [] })
      else steps.at(-1)?.shown.push(line)
    }
  }
  return steps
}

/** The shown lines must come in order; between them other lines may stand only where a line of `…` is. */
function matches(printed: readonly string[], shown: readonly string[]): boolean {
  const [first, ...rest] = shown
  if (first === undefined) return printed.length === 0
  if (first === '…') return [...printed, ''].some((_, from) => matches(printed.slice(from), rest))
  const [line, ...others] = printed
  return line !== undefined && fits(line, first) && matches(others, rest)
}

function fits(line: string, shown: string): boolean {
  const pieces = shown.split('…')
  let place = 0
  for (const [number, piece] of pieces.entries()) {
    const found = line.indexOf(piece, place)
    if (found === -1 || (number === 0 && found !== 0)) return false
    place = found + piece.length
  }
  return shown.endsWith('…') || place === line.length
}

const isMissing = needs('/usr/bin/aws', 'awscli') || needs('/usr/bin/jq', 'jq')

describe.skipIf(isMissing)('the walkthrough', () => {
  const steps = stepsOf(readFileSync(path.join(root, 'docs/walkthrough.md'), 'utf8'))
  let folder: string
  const printed: string[] = []

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'drawbridge-walk-'))
    const bin = path.join(folder, 'bin')
    mkdirSync(bin)
    const script = (name: string, text: string): void => writeFileSync(path.join(bin, name), text, { mode: 0o755 })
    script('drawbridge', `#!/bin/sh\nexec "${process.execPath}" "${path.join(root, 'bin/drawbridge.js')}" "$@"\n`)
    // Debian's AWS CLI is older than AWS_ENDPOINT_URL.
    script('aws', '#!/bin/sh\nexec /usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n')
    const mark = '\u001e'
    const text = steps.map(({ command }) => `${command} 2>>errors.txt\nprintf '${mark}'`).join('\n')
    const shell = `set -m\n${text}\nkill %1\n`.replace(' & 2>>errors.txt', ' 2>>errors.txt &')
    printed.push(...(await runShell(shell, folder, bin)).split(mark))
  }, 170_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(steps.map((step, place) => [step.command, step, place] as const))('$ %s', (_command, step, place) => {
    const text = (printed[place] ?? '').replace(/\n$/, '')
    const lines = text === '' ? [] : text.split('\n')
    const errors = path.join(folder, 'errors.txt')
    const said = existsSync(errors) ? readFileSync(errors, 'utf8') : ''
    expect(matches(lines, step.shown) ? '' : `printed:\n${text}\non stderr, of all steps:\n${said}`).toBe('')
  })
})

async function runShell(text: string, folder: string, bin: string): Promise<string> {
  const environment = { PATH: `${bin}:/usr/bin:/bin`, HOME: folder, NO_COLOR: '1', COLUMNS: '100' }
  const child = spawn('bash', ['-c', text], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await new Promise((resolve) => child.once('close', resolve))
  return said
}

test('the page of the walkthrough has steps', () => {
  expect(stepsOf(readFileSync(path.join(root, 'docs/walkthrough.md'), 'utf8')).length).toBeGreaterThan(20)
})
