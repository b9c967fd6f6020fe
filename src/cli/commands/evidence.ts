/** The commands on receipts and on the evidence log. */
import { basename, dirname } from 'node:path'
import type { OperationOutput } from '../../contract/index.ts'
import { renderTable } from '../render/table.ts'
import { printable } from '../terminal.ts'
import { text } from './connection-options.ts'
import { writeFiles } from './files.ts'
import type { CommandForm } from './form.ts'
import { show } from './run.ts'

export const showReceiptCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<id>', "the delivery's id")
      .argument('<connection>', 'the target')
      .option('--out <folder>', 'write the files there, for offline checking')
  },
  run: async (run, [id, connection], options) => {
    const { client } = await run.openDoor()
    const bundle = await client.receipt.show({ id: String(id), connection: String(connection) })
    const folder = text(options, 'out')
    const files = bundle.files.map(({ path, base64 }) => ({ path, content: Buffer.from(base64, 'base64') }))
    if (folder !== undefined) {
      const written = await writeFiles(folder, files)
      show(run, { ...bundle, files: written }, () => written.join('\n'))
      return 0
    }
    const { colors } = run.terminal
    show(run, bundle, () => {
      const rows = files.map(({ path, content }) => [colors.bold(printable(path)), `${content.length} B`])
      const guide = files.find(({ path }) => path === 'VERIFY.md')
      const steps = guide === undefined ? '' : `\n\n${printable(guide.content.toString('utf8')).trimEnd()}`
      return `${renderTable(rows)}${steps}`
    })
    return 0
  },
}

export const verifyReceiptCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<folder>', 'the folder of the delivered package')
      .requiredOption(
        '--key <file>',
        'the public key of the set-up kit: evidence-key.pem; once for each where it was rotated',
        (file: string, files: readonly string[] | undefined) => [...(files ?? []), file],
      )
  },
  run: async (run, [folder], options) => {
    const { verifyReceipt } = await import('../../operations/index.ts')
    const verdict = await verifyReceipt({ folder: String(folder), key: keyFiles(options['key']) })
    const { colors } = run.terminal
    show(run, verdict, () => {
      const rows = verdict.checks.map(({ id, ok, detail }) => [
        ok ? colors.green('●') : colors.red('✗'),
        colors.bold(id),
        printable(detail),
      ])
      const end = verdict.ok
        ? colors.green('the package is what was delivered')
        : colors.red('the package does not hold')
      return `${renderTable(rows)}\n\n${colors.bold(end)}`
    })
    return verdict.ok ? 0 : 1
  },
}

function keyFiles(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [String(value)]
}

/** Draws the list of keys. */
export function renderKeys({ keys }: OperationOutput<'evidence.keys'>): string {
  const rows = keys.map(({ keyId, from, until }) => [
    keyId.slice(0, 16),
    `${from ?? 'the beginning'} – ${until ?? 'now'}`,
    until === null ? 'signs' : 'checks what it signed',
  ])
  return renderTable(rows)
}

export const exportCommand: CommandForm = {
  declare: (command) => {
    command.option('--out <file>', 'write the entries there, and checkpoint and public key beside it')
  },
  run: async (run, _args, options) => {
    const { client } = await run.openDoor()
    const log = await client.evidence.export({})
    const out = text(options, 'out')
    const lines = log.entries.map((entry) => `${entry}\n`).join('')
    if (out === undefined) {
      if (run.json || lines !== '') show(run, log, () => lines.trimEnd())
      if (!run.json) run.terminal.note(log.checkpoint.trimEnd())
      return 0
    }
    const stem = basename(out).replace(/\.jsonl$/, '')
    const written = await writeFiles(dirname(out), [
      { path: basename(out), content: lines },
      { path: `${stem}.checkpoint`, content: log.checkpoint },
      { path: `${stem}.key.pem`, content: log.publicKeyPem },
    ])
    show(run, { entries: log.entries.length, files: written }, () => written.join('\n'))
    return 0
  },
}
