/** `delivery follow`: shows a delivery's progress until it has ended. */
import { Progress } from '../progress.ts'
import { renderDelivery } from '../render/delivery.ts'
import type { CommandForm } from './form.ts'

export const followCommand: CommandForm = {
  declare: (command) => {
    command.argument('<id>', "the delivery's id")
  },
  run: async (run, [id], _options) => {
    const { terminal, json } = run
    const { client, house } = await run.openDoor()
    // Without a server nobody but this process would move the delivery.
    house?.worker.start()
    const progress = new Progress(terminal, json)
    let last = ''
    for await (const event of client.delivery.follow({ id: String(id) }, { signal: terminal.signal })) {
      if (json) terminal.out(JSON.stringify(event))
      else if (event.type === 'progress') {
        progress.at(`sending to ${event.connection}`, event.key, event.bytesSent, event.sizeBytes)
      } else last = renderDelivery(event.delivery, terminal.columns, terminal.colors)
    }
    progress.end()
    if (!json) terminal.out(last)
    return 0
  },
}
