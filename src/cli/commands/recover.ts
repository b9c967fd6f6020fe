/** `evidence recover`: goes on after the newest database is lost. It works on the data directory itself, which no server may hold. */
import { systemClock, systemRandom } from '../../base/index.ts'
import { renderTable } from '../render/table.ts'
import { printable } from '../terminal.ts'
import { text } from './connection-options.ts'
import type { CommandForm } from './form.ts'
import { show } from './run.ts'

export const recoverCommand: CommandForm = {
  declare: (command) => {
    command.option('--receipts <folder>', "receipts that were fetched from the customers' buckets, in any form")
  },
  run: async (run, _args, options) => {
    const [{ readConfig }, { recover }] = await Promise.all([import('../config.ts'), import('../recovery/recover.ts')])
    const { directory, database, terminal } = run
    const config = await readConfig(directory, run.configPath)
    const receipts = text(options, 'receipts') ?? null
    const chance = { clock: systemClock, random: systemRandom }
    const recovery = await recover({ config, directory, database, ...chance, receipts })
    const { colors } = terminal
    show(run, recovery, () => {
      const { isBegunAnew, origin, entriesKept, entriesSigned, delivered, onlyReceipts, refused } = recovery
      const rows = [
        [colors.bold('the log'), isBegunAnew ? `begun anew as ${origin}` : `continues as ${origin}`],
        [colors.bold('entries'), `${entriesKept} in this database, ${entriesSigned} were signed`],
        [colors.bold('found delivered'), String(delivered.length)],
        [colors.bold('known by receipt'), printable(onlyReceipts.join(', ') || 'none')],
        [colors.bold('refused receipts'), printable(refused.join(', ') || 'none')],
      ]
      return renderTable(rows)
    })
    return 0
  },
}
