/** The commands on connections that do more than send flat input and draw the answer. */
import type { Connection, ConnectionDraft, SetupKit, Verification } from '../../contract/index.ts'
import { UsageError } from '../failure.ts'
import { renderConnection } from '../render/connection.ts'
import { renderDelivery } from '../render/delivery.ts'
import { renderCheck, renderVerification, renderWait } from '../render/verification.ts'
import {
  addInput,
  changeInput,
  declareAdd,
  declareChange,
  declareDraft,
  draftInput,
  text,
} from './connection-options.ts'
import { exitCodes } from './deliver.ts'
import { writeFiles } from './files.ts'
import type { CommandForm } from './form.ts'
import { sendOne } from './prove.ts'
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
    return showKit(run, await client.connection.kit({ name: String(name) }), text(options, 'out'))
  },
}

/** An External ID that the customer gets to see is reserved first, so that `connection add` can take that very one. */
export const draftCommand: CommandForm = {
  declare: declareDraft,
  run: async (run, [name], options) => {
    const draft = draftInput(String(name), options)
    const { client } = await run.openDoor()
    const { authentication } = draft
    if (authentication.kind === 'role' && hasNoExternalId(authentication)) {
      const { reservation } = await client.connection.prepare({})
      draft.authentication = { ...authentication, reservation }
      if (!run.json)
        run.terminal.note(`reserved: drawbridge connection add ${draft.name} --reservation ${reservation} …`)
    }
    return showKit(run, await client.connection.draft(draft), text(options, 'out'))
  },
}

function hasNoExternalId(role: Extract<ConnectionDraft['authentication'], { kind: 'role' }>): boolean {
  return role.reservation === undefined && role.adoptExternalId === undefined && role.withoutExternalId !== true
}

async function showKit(run: Run, kit: SetupKit, folder: string | undefined): Promise<number> {
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
}

export const verifyCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<name>', "the connection's name")
      .option('--outside-root', 'they agree that a write beside the root path is tried; nothing is stored by it')
      .option('--patience <seconds>', 'how long refusals of what is new are tried again, 0 to 300; absent: 30')
      .option('--report <file>', 'when all is green, send this small report all the way, as the job does')
  },
  run: async (run, [name], options) => {
    const { terminal, json } = run
    const door = await run.openDoor()
    let verification: Verification | null = null
    const patience = text(options, 'patience')
    if (patience !== undefined && !/^\d{1,3}$/.test(patience))
      throw new UsageError(`\`${patience}\` is not a number of seconds`, 'give 0 to 300')
    const input = {
      name: String(name),
      ...(options['outsideRoot'] === true ? { outsideRoot: true } : {}),
      ...(patience === undefined ? {} : { patienceSeconds: Number(patience) }),
    }
    for await (const event of door.client.connection.verify(input, { signal: terminal.signal })) {
      if (json) terminal.out(JSON.stringify(event))
      else if (event.type === 'wait') terminal.note(renderWait(event.wait, terminal.columns))
      else if (event.type === 'check') terminal.out(renderCheck(event.check, terminal.columns, terminal.colors))
      if (event.type === 'done') verification = event.verification
    }
    if (verification === null) return 6
    if (!json) terminal.out(`\n${renderVerification(verification, terminal.columns, terminal.colors)}`)
    // Deliveries that were owed to it became due; without a server this command is the one to work them off.
    if (verification.status !== 'pass') return 1
    await door.house?.worker.runOnce()
    const report = text(options, 'report')
    if (report === undefined) return 0
    const delivery = await sendOne(run, door, input.name, report)
    const drawn = json
      ? JSON.stringify({ type: 'report', delivery })
      : `\n${renderDelivery(delivery, terminal.columns, terminal.colors)}`
    terminal.out(drawn)
    return exitCodes[delivery.state]
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
