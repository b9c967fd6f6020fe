/** The commands on connections that do more than send flat input and draw the answer. */
import type { Connection, Verification } from '../../contract/index.ts'
import { renderConnection } from '../render/connection.ts'
import { renderCheck, renderVerification } from '../render/verification.ts'
import { addInput, changeInput, declareAdd, declareChange, text } from './connection-options.ts'
import { writeFiles } from './files.ts'
import type { CommandForm } from './form.ts'
import { type Run, show } from './run.ts'

export const addCommand: CommandForm = {
  declare: declareAdd,
  run: async (run, [name], options) => {
    const input = await addInput(run, String(name), options)
    const { client } = await run.openDoor()
    const connection = await client.connection.add(input, { signal: run.terminal.signal })
    showConnection(run, connection)
    if (!run.json) run.terminal.note(nextStep(connection))
    return 0
  },
}

export const changeCommand: CommandForm = {
  declare: declareChange,
  run: async (run, [name], options) => {
    const change = await changeInput(run, options)
    const { client } = await run.openDoor()
    showConnection(run, await client.connection.change({ name: String(name), ...change }))
    return 0
  },
}

export const kitCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<name>', "the connection's name")
      .option('--out <folder>', 'write the files there instead of printing them')
  },
  run: async (run, [name], options) => {
    const { client } = await run.openDoor()
    const kit = await client.connection.kit({ name: String(name) })
    const folder = text(options, 'out')
    if (folder === undefined) {
      const { bold, dim } = run.terminal.colors
      show(run, kit, () =>
        kit.files.map(({ path, purpose, text }) => `${bold(path)}  ${dim(purpose)}\n\n${text.trimEnd()}\n`).join('\n'),
      )
      return 0
    }
    const files = kit.files.map(({ path, text }) => ({ path, content: text }))
    const written = await writeFiles(folder, files)
    show(run, { ...kit, files: written }, () => written.join('\n'))
    return 0
  },
}

export const verifyCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<name>', "the connection's name")
      .option('--outside-root', 'they agree that a write beside the root path is tried; nothing is stored by it')
  },
  run: async (run, [name], options) => {
    const { terminal, json } = run
    const door = await run.openDoor()
    let verification: Verification | null = null
    const input = { name: String(name), ...(options['outsideRoot'] === true ? { outsideRoot: true } : {}) }
    for await (const event of door.client.connection.verify(input, { signal: terminal.signal })) {
      if (json) terminal.out(JSON.stringify(event))
      else if (event.type === 'check') terminal.out(renderCheck(event.check, terminal.columns, terminal.colors))
      if (event.type === 'done') verification = event.verification
    }
    if (verification === null) return 6
    if (!json) terminal.out(`\n${renderVerification(verification, terminal.columns, terminal.colors)}`)
    // Deliveries that were owed to it became due; without a server this command is the one to work them off.
    if (verification.status === 'pass') await door.house?.worker.runOnce()
    return verification.status === 'pass' ? 0 : 1
  },
}

function showConnection(run: Run, connection: Connection): void {
  show(run, connection, () => renderConnection(connection, run.terminal.columns, run.terminal.colors))
}

function nextStep(connection: Connection): string {
  const { name, authentication, location } = connection
  if (location.service === 'local' || authentication.kind !== 'role') {
    return `next: drawbridge connection verify ${name}`
  }
  return `next: drawbridge connection kit ${name} --out ${name}-kit/   (for the bucket owner's administrator)`
}
