/** `npm run demo`: the whole story on a local cloud that enforces policy. No account and no network needed. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { play } from './play.ts'
import type { ReportSource } from './report.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { setStage } from './stage.ts'
import { Story } from './story.ts'

const root = path.dirname(import.meta.dirname)
const usage = `usage: npm run demo -- [--scenario NAME|all] [--report FILE]... [--egress dynamic|CIDR,CIDR] [--open] [--keep]

scenarios: ${scenarios.map((scenario) => scenario.name).join(', ')}`

interface Wishes {
  readonly chosen: readonly Scenario[]
  readonly report: ReportSource
  readonly egress: 'dynamic' | readonly string[]
  readonly open: boolean
  readonly keep: boolean
}

/** Reads the arguments; a string is what is wrong with them. */
function readWishes(words: readonly string[]): Wishes | string {
  const { values } = parseArgs({
    args: [...words],
    options: {
      scenario: { type: 'string', default: 'source-ip' },
      report: { type: 'string', multiple: true, default: [] },
      egress: { type: 'string', default: 'dynamic' },
      open: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return ''
  const chosen = scenarios.filter(({ name }) => values.scenario === 'all' || name === values.scenario)
  if (chosen.length === 0) return `there is no scenario \`${values.scenario}\``
  const files = values.report.map((file) => path.resolve(process.env['INIT_CWD'] ?? '.', file))
  const missing = files.find((file) => !existsSync(file))
  if (missing !== undefined) return `the report \`${missing}\` can not be read`
  const egress = values.egress === 'dynamic' ? 'dynamic' : values.egress.split(',')
  const name = files.length === 0 ? 'monthly-audit-export' : path.parse(files[0] ?? 'report').name
  return { chosen, report: { name, files, root }, egress, open: values.open, keep: values.keep }
}

async function tell(wishes: Wishes): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drawbridge-demo-'))
  const story = new Story()
  if (wishes.open && !existsSync(path.join(root, 'dist/web/index.html'))) buildPages(story)
  story.line('starting the sandbox (STS, IAM, S3, KMS), Azurite, an OpenID provider and the service, all on loopback')
  const stage = await setStage(root, folder, wishes.egress)
  try {
    for (const scenario of wishes.chosen) {
      if (wishes.chosen.length > 1) story.title(`Scenario ${scenario.name}`)
      await play({ stage, story, root, scenario, report: wishes.report, atLength: wishes.chosen.length === 1 })
    }
    story.line('')
    story.good(
      `${wishes.chosen.length} of ${wishes.chosen.length} scenarios told in ${story.seconds()} s; files in ${folder}`,
    )
    if (wishes.open) await stayOpen(story, stage.serviceUrl)
  } finally {
    await stage.close()
    if (!wishes.keep)
      for (const part of ['data', 'sandbox']) rmSync(path.join(folder, part), { recursive: true, force: true })
  }
}

function buildPages(story: Story): void {
  story.line('building the pages, once')
  execFileSync(
    process.execPath,
    [path.join(root, 'node_modules/vite/bin/vite.js'), 'build', 'web', '--logLevel', 'warn'],
    {
      cwd: root,
      stdio: 'inherit',
    },
  )
}

async function stayOpen(story: Story, url: string): Promise<void> {
  story.line(`the page: ${url} (sign in as maria.keller with any password; Ctrl-C ends it)`)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
}

function fail(message: string, exitCode: number): void {
  if (message !== '') process.stderr.write(`error: ${message}\n`)
  process.stderr.write(`${usage}\n`)
  process.exitCode = exitCode
}

try {
  const wishes = readWishes(process.argv.slice(2))
  if (typeof wishes === 'string') fail(wishes, wishes === '' ? 0 : 2)
  else await tell(wishes)
} catch (error) {
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    fail(error.message, 2)
  else {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
