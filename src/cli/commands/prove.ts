/** `connection prove`, and what `connection verify --report` does after a green verification: one small report, all the way. */
import type { Delivery } from '../../contract/index.ts'
import type { Door } from '../door.ts'
import { UsageError } from '../failure.ts'
import { Progress } from '../progress.ts'
import { renderDelivery } from '../render/delivery.ts'
import { exitCodes, follow, uploadFile } from './deliver.ts'
import type { CommandForm } from './form.ts'
import { reportFiles } from './report-files.ts'
import type { Run } from './run.ts'

export const proveCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<name>', "the connection's name; its last verification must have passed")
      .argument('<file>', 'the report, of at most 1 MiB')
  },
  run: async (run, [name, file]) => {
    const delivery = await sendOne(run, await run.openDoor(), String(name), String(file))
    const { terminal } = run
    terminal.out(run.json ? JSON.stringify(delivery) : renderDelivery(delivery, terminal.columns, terminal.colors))
    return exitCodes[delivery.state]
  },
}

/** Sends one file to one connection and follows it to its end. */
export async function sendOne(run: Run, door: Door, name: string, path: string): Promise<Delivery> {
  const { terminal } = run
  const [file, ...others] = await reportFiles([path], terminal.stdin, undefined)
  if (file === undefined || others.length > 0) throw new UsageError('a proof is one file', 'give one file, no folder')
  const progress = new Progress(terminal, run.json)
  const upload = await uploadFile(door.client, file, progress, terminal)
  const accepted = await door.client.connection.prove({ name, upload })
  const ended = await follow(door, accepted, true, progress, terminal)
  progress.end()
  return ended
}
