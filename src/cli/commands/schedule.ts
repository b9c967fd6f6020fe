/** The commands on schedules that do more than send flat input and draw the answer. */
import { resolve } from 'node:path'
import { UsageError } from '../failure.ts'
import { renderSchedule, renderSchedules } from '../render/schedule.ts'
import { text } from './connection-options.ts'
import type { CommandForm } from './form.ts'
import { show } from './run.ts'

export const createScheduleCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<name>', 'its name: lower-case letters, digits and hyphens')
      .requiredOption('--route <name>', 'the name of the route')
      .requiredOption(
        '--folder <folder>',
        'the folder, on the machine of the server; `{year}`, `{month}`, `{day}` are its slot’s',
      )
      .requiredOption('--cron <pattern>', 'minute, hour, day of the month, month, day of the week: `0 6 1 * *`')
      .option('--pattern <pattern>', 'which of its files: `*.pdf`, `**/*.csv`', '*')
      .option('--time-zone <zone>', 'in which the pattern counts: `Europe/Berlin`', 'UTC')
      .option('--catch-up <policy>', 'after an outage: `none`, `last` or `all` of the slots that were missed', 'last')
      .option('--report <name>', "the report's name; absent: the schedule's")
  },
  run: async (run, [name], options) => {
    const { client } = await run.openDoor()
    const report = text(options, 'report')
    const schedule = await client.schedule.create({
      name: String(name),
      route: String(options['route']),
      folder: resolve(String(options['folder'])),
      pattern: String(options['pattern']),
      cron: String(options['cron']),
      timeZone: String(options['timeZone']),
      // The service has the last word on what a policy is.
      catchUp: String(options['catchUp']) as 'none' | 'last' | 'all',
      ...(report === undefined ? {} : { report }),
    })
    show(run, schedule, () => renderSchedules([schedule], run.terminal.colors))
    return 0
  },
}

/** Runs missed slots that are named, or all of them; without a server it also works the deliveries off. */
export const catchUpCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<name>', 'its name: lower-case letters, digits and hyphens')
      .option('--slot <moment...>', 'the moments of missed slots: `2026-12-01T05:00:00.000Z`')
      .option('--all', 'every slot that was missed, at most a hundred at a time')
  },
  run: async (run, [name], options) => {
    const slots = options['slot'] as string[] | undefined
    if ((slots === undefined) !== (options['all'] === true)) {
      throw new UsageError('say either `--slot` or `--all`', '`drawbridge schedule show NAME` lists what was missed')
    }
    const door = await run.openDoor()
    const input = { name: String(name), slots: slots ?? ('all' as const) }
    const schedule = await door.client.schedule.catchup(input, { signal: run.terminal.signal })
    await door.house?.worker.runOnce()
    show(run, schedule, () => renderSchedule(schedule, run.terminal.colors))
    return 0
  },
}

/** Runs the schedule's slot; without a server this command also works the delivery off. */
export const runScheduleCommand: CommandForm = {
  declare: (command) => {
    command.argument('<name>', 'its name: lower-case letters, digits and hyphens')
  },
  run: async (run, [name]) => {
    const door = await run.openDoor()
    const schedule = await door.client.schedule.run({ name: String(name) }, { signal: run.terminal.signal })
    await door.house?.worker.runOnce()
    show(run, schedule, () => renderSchedule(schedule, run.terminal.colors))
    const [slot] = schedule.slots
    return slot?.state === 'failed' || slot?.state === 'waiting' ? 6 : 0
  },
}
