/** The program: one command for every row of the table that names one, and the two that start something. */
import { Command } from 'commander'
import type { Delivery, DrawbridgeClient, OperationName, operations } from '../contract/index.ts'
import { addCommand, changeCommand, draftCommand, kitCommand, verifyCommand } from './commands/connection.ts'
import { databaseMigrateCommand, databaseRollbackCommand, databaseStatusCommand } from './commands/database.ts'
import { deliverCommand } from './commands/deliver.ts'
import { diagnoseCommand } from './commands/diagnose.ts'
import { exportCommand, renderKeys, showReceiptCommand, verifyReceiptCommand } from './commands/evidence.ts'
import { followCommand } from './commands/follow.ts'
import type { CommandForm, Options } from './commands/form.ts'
import { plainCommand } from './commands/plain.ts'
import {
  checkCommand,
  compareCommand,
  evaluateCommand,
  explainCommand,
  repairCommand,
  writeCommand,
} from './commands/policy.ts'
import { proveCommand } from './commands/prove.ts'
import { recoverCommand } from './commands/recover.ts'
import { commandRow, type Run, show } from './commands/run.ts'
import { sandboxCommand } from './commands/sandbox.ts'
import { catchUpCommand, createScheduleCommand, runScheduleCommand } from './commands/schedule.ts'
import { serveCommand } from './commands/serve.ts'
import { signInCommand, signOutCommand, whoAmICommand } from './commands/sign-in.ts'
import { showTicketCommand, ticketCommand } from './commands/ticket.ts'
import { whatIfCommand } from './commands/what-if.ts'
import { workerCommand } from './commands/worker.ts'
import { renderAlerts } from './render/alert.ts'
import { renderConnection, renderConnections, renderRoutes } from './render/connection.ts'
import { renderDeliveries, renderDelivery } from './render/delivery.ts'
import { renderHistory } from './render/history.ts'
import { renderMoments, renderSchedule, renderSchedules } from './render/schedule.ts'
import { renderStatus } from './render/status.ts'
import { renderSpool, renderTarget, renderTargets } from './render/target.ts'
import { renderTickets } from './render/ticket.ts'
import { version } from './version.ts'

/** The operations that are commands. */
export type CommandName = {
  [Name in OperationName]: (typeof operations)[Name] extends { readonly cli: unknown } ? Name : never
}[OperationName]

/** The command of every operation that has one, held complete by the compiler. */
const forms: Readonly<Record<CommandName, CommandForm>> = {
  'service.status': plainCommand('service.status', renderStatus),
  'connection.draft': draftCommand,
  'connection.add': addCommand,
  'connection.list': plainCommand('connection.list', ({ connections }, _columns, colors) =>
    renderConnections(connections, colors),
  ),
  'connection.show': plainCommand('connection.show', renderConnection),
  'connection.change': changeCommand,
  'connection.kit': kitCommand,
  'connection.verify': verifyCommand,
  'connection.prove': proveCommand,
  'connection.history': plainCommand('connection.history', renderHistory),
  'connection.whatif': whatIfCommand,
  'connection.remove': plainCommand('connection.remove', ({ removed, toDelete }) =>
    [`removed ${removed}; what its owner can delete now:`, ...toDelete.map((item) => `  ${item}`)].join('\n'),
  ),
  'route.add': plainCommand('route.add', (route, _columns, colors) => renderRoutes([route], colors)),
  'route.list': plainCommand('route.list', ({ routes }, _columns, colors) => renderRoutes(routes, colors)),
  'route.show': plainCommand('route.show', (route, _columns, colors) => renderRoutes([route], colors)),
  'route.canary': canaryCommand(),
  'route.canaries': plainCommand('route.canaries', (route, _columns, colors) => renderRoutes([route], colors)),
  'route.remove': plainCommand('route.remove', (route) => `removed the route ${route.name}`),
  'route.switch': plainCommand('route.switch', (route, _columns, colors) => renderRoutes([route], colors)),
  'target.list': plainCommand('target.list', renderTargets),
  'target.show': plainCommand('target.show', renderTarget),
  'spool.show': plainCommand('spool.show', renderSpool),
  'schedule.create': createScheduleCommand,
  'schedule.preview': plainCommand('schedule.preview', renderMoments),
  'schedule.list': plainCommand('schedule.list', ({ schedules }, _columns, colors) =>
    renderSchedules(schedules, colors),
  ),
  'schedule.show': plainCommand('schedule.show', (schedule, _columns, colors) => renderSchedule(schedule, colors)),
  'schedule.pause': plainCommand('schedule.pause', (schedule, _columns, colors) => renderSchedules([schedule], colors)),
  'schedule.resume': plainCommand('schedule.resume', (schedule, _columns, colors) =>
    renderSchedules([schedule], colors),
  ),
  'schedule.run': runScheduleCommand,
  'schedule.catchup': catchUpCommand,
  'schedule.remove': plainCommand('schedule.remove', ({ name }) => `removed the schedule ${name}`),
  'delivery.create': deliverCommand,
  'delivery.list': plainCommand('delivery.list', ({ deliveries }, _columns, colors) =>
    renderDeliveries(deliveries, colors),
  ),
  'delivery.show': plainCommand('delivery.show', renderDelivery),
  'delivery.retry': actingCommand((client, id, signal) => client.delivery.retry({ id }, { signal })),
  'delivery.cancel': actingCommand((client, id, signal) => client.delivery.cancel({ id }, { signal })),
  'delivery.follow': followCommand,
  'receipt.show': showReceiptCommand,
  'receipt.verify': verifyReceiptCommand,
  'evidence.export': exportCommand,
  'evidence.keys': plainCommand('evidence.keys', renderKeys),
  'evidence.rotate': plainCommand('evidence.rotate', renderKeys),
  'alert.list': plainCommand('alert.list', renderAlerts),
  'ticket.create': ticketCommand,
  'ticket.list': plainCommand('ticket.list', ({ tickets }, _columns, colors) => renderTickets(tickets, colors)),
  'ticket.show': showTicketCommand,
  'diagnosis.explain': diagnoseCommand,
  'policy.evaluate': evaluateCommand,
  'policy.check': checkCommand,
  'policy.explain': explainCommand,
  'policy.repair': repairCommand,
  'policy.compare': compareCommand,
  'policy.write': writeCommand,
}

/** Commands that start something, or concern this terminal alone, instead of calling an operation. */
export const startingCommands = [
  {
    words: ['serve'],
    summary: 'Starts the server: API, web pages, and the worker that delivers.',
    example: 'drawbridge serve --port 4780',
    form: serveCommand,
  },
  {
    words: ['worker'],
    summary: 'Starts a worker that delivers what servers accepted, on the PostgreSQL that they share.',
    example: 'drawbridge worker --health-port 4781',
    form: workerCommand,
  },
  {
    words: ['database', 'status'],
    summary: 'Shows which steps the PostgreSQL database has seen, and which are missing.',
    example: 'drawbridge database status',
    form: databaseStatusCommand,
  },
  {
    words: ['database', 'migrate'],
    summary: 'Brings the PostgreSQL database to the form of this version, as its owner.',
    example: 'drawbridge database migrate',
    form: databaseMigrateCommand,
  },
  {
    words: ['database', 'rollback'],
    summary: 'Takes the last step of the PostgreSQL database back, for a return to the version before.',
    example: 'drawbridge database rollback',
    form: databaseRollbackCommand,
  },
  {
    words: ['sandbox'],
    summary: 'Starts a local cloud that verifies signatures and enforces policies, to rehearse on.',
    example: 'drawbridge sandbox --port 9000',
    form: sandboxCommand,
  },
  {
    words: ['sign-in'],
    summary: 'Signs a person in to a server through its identity provider: commands then run in her own name.',
    example: 'drawbridge sign-in',
    form: signInCommand,
  },
  {
    words: ['sign-out'],
    summary: 'Ends the sign-in of this terminal to a server.',
    example: 'drawbridge sign-out',
    form: signOutCommand,
  },
  {
    words: ['whoami'],
    summary: 'Tells in whose name commands run, where, and what that person may do.',
    example: 'drawbridge whoami',
    form: whoAmICommand,
  },
  {
    words: ['evidence', 'recover'],
    summary: 'Goes on after a database was restored from a backup and the newer one is lost.',
    example: 'drawbridge evidence recover --receipts receipts/',
    form: recoverCommand,
  },
] as const

const groupSummaries: Readonly<Record<string, string>> = {
  connection: "Customers' storage as we may use it.",
  route: 'Where reports go, and in which order.',
  target: 'How deliveries fare where they go.',
  spool: 'Where accepted reports wait.',
  delivery: 'Reports on their way.',
  schedule: 'Reports that go out by the clock.',
  receipt: 'Proof of what was delivered.',
  alert: 'Who is told when a connection turns.',
  ticket: 'Repair tickets for whoever can repair.',
  evidence: 'The log of everything that happened.',
  policy: 'The policy language, offline.',
  database: 'The form of the PostgreSQL database.',
}

/** Starts one command: the program was told what to do, and this does it. */
export type Start = (form: CommandForm, args: readonly unknown[], options: Options) => Promise<void>

/** Makes the program. `start` is called once, for the command that was asked for. */
export function makeProgram(start: Start): Command {
  const program = new Command('drawbridge')
    .description('Reaches buckets that other people own.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show help')
    .helpCommand(false)
    .exitOverride()
    // What commander would print about a wrong command line is printed by this program, in its own form.
    .configureOutput({ outputError: () => {} })
  for (const name of Object.keys(forms) as CommandName[]) {
    const { cli, summary } = commandRow(name)
    addCommandAt(program, cli.words, summary, cli.example, forms[name], start)
  }
  for (const { words, summary, example, form } of startingCommands) {
    addCommandAt(program, words, summary, example, form, start)
  }
  return program
}

function addCommandAt(
  program: Command,
  words: readonly string[],
  summary: string,
  example: string,
  form: CommandForm,
  start: Start,
): void {
  const groups = words.slice(0, -1)
  let parent = program
  for (const word of groups) {
    const known = parent.commands.find((command) => command.name() === word)
    parent =
      known ??
      parent
        .command(word)
        .description(groupSummaries[word] ?? '')
        .helpCommand(false)
  }
  const command = parent.command(words.at(-1) ?? '').description(summary)
  form.declare(command)
  command
    .option('--json', 'print for machines')
    .option('--data <folder>', 'the data directory; else DRAWBRIDGE_DATA, else ./.drawbridge')
    .option('--config <file>', 'the configuration; else config.json in the data directory')
    .addHelpText('after', `\nExample:\n  $ ${example}`)
    .action((...received: unknown[]) => {
      // Commander calls with the arguments, then the options, then the command itself.
      const options = received.at(-2) as Options
      return start(form, received.slice(0, -2), options)
    })
}

/** Sends a canary and shows it; without a server it also works it off. */
function canaryCommand(): CommandForm {
  const plain = plainCommand('route.canary', renderDelivery)
  return {
    declare: plain.declare,
    run: async (run: Run, [name]) => {
      const { client, house } = await run.openDoor()
      const { id } = await client.route.canary({ name: String(name) }, { signal: run.terminal.signal })
      await house?.worker.runOnce()
      const canary = await client.delivery.show({ id })
      show(run, canary, () => renderDelivery(canary, run.terminal.columns, run.terminal.colors))
      return canary.state === 'delivered' || canary.state === 'accepted' ? 0 : 3
    },
  }
}

/** Asks something of one delivery and shows it; without a server it also works off what became due by that. */
function actingCommand(
  ask: (client: DrawbridgeClient, id: string, signal: AbortSignal) => Promise<Delivery>,
): CommandForm {
  const plain = plainCommand('delivery.show', renderDelivery)
  return {
    declare: plain.declare,
    run: async (run: Run, args, options) => {
      const door = await run.openDoor()
      await ask(door.client, String(args[0]), run.terminal.signal)
      await door.house?.worker.runOnce()
      return plain.run(run, args, options)
    },
  }
}
