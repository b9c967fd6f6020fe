/** `ticket create` and `ticket show`: write a repair ticket to a file that can be sent to whoever can repair. */
import { writeFile } from 'node:fs/promises'
import { DrawbridgeError } from '../../base/index.ts'
import { renderDiagnosis } from '../render/diagnosis.ts'
import { renderTickets } from '../render/ticket.ts'
import { text } from './connection-options.ts'
import { readPolicies } from './diagnose.ts'
import { reasonOf } from './files.ts'
import type { CommandForm } from './form.ts'
import { show } from './run.ts'

export const ticketCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<connection>', "the connection's name")
      .option('--out <file>', 'the file to write', 'ticket.html')
      .option('--delivery <id>', 'the delivery whose refusal it is about; absent: the last verification')
      .option('--policies <folder>', "the customer's policies as the set-up kit names them, where they are at hand")
  },
  run: async (run, [connection], options) => {
    const { terminal } = run
    const delivery = text(options, 'delivery')
    const folder = text(options, 'policies')
    const policies = folder === undefined ? undefined : await readPolicies(folder, terminal.stdin)
    const { client } = await run.openDoor()
    const { ticket, html } = await client.ticket.create(
      {
        connection: String(connection),
        ...(delivery === undefined ? {} : { delivery }),
        ...(policies === undefined ? {} : { policies }),
      },
      { signal: terminal.signal },
    )
    const file = text(options, 'out') ?? 'ticket.html'
    await writeTicket(file, html, 'ticket.create')
    show(run, { ticket, file }, () => `${file}\n${terminal.colors.dim(ticket.summary)}`)
    return 0
  },
}

export const showTicketCommand: CommandForm = {
  declare: (command) => {
    command.argument('<id>', "the ticket's id").option('--out <file>', 'write its page there once more')
  },
  run: async (run, [id], options) => {
    const { terminal } = run
    const { client } = await run.openDoor()
    const { ticket, diagnosis, html } = await client.ticket.show({ id: String(id) }, { signal: terminal.signal })
    const file = text(options, 'out')
    if (file !== undefined) await writeTicket(file, html, 'ticket.show')
    show(run, { ticket, diagnosis, ...(file === undefined ? {} : { file }) }, () =>
      [
        renderTickets([ticket], terminal.colors),
        renderDiagnosis(diagnosis, terminal.columns, terminal.colors),
        ...(file === undefined ? [] : [file]),
      ].join('\n'),
    )
    return 0
  },
}

async function writeTicket(file: string, html: string, operation: string): Promise<void> {
  await writeFile(file, html).catch((cause: NodeJS.ErrnoException) => {
    throw new DrawbridgeError({
      code: 'disk-full',
      message: `\`${file}\` can not be written: ${reasonOf(cause)}`,
      operation,
      cause,
    })
  })
}
