/** The command of an operation whose input is flat: made from its row alone, with a function that draws the output. */
import type { OperationName, OperationOutput } from '../../contract/index.ts'
import { type CommandForm, callByName, type Draw } from './form.ts'
import { commandRow, show } from './run.ts'
import { collectInput, declareInput } from './schema-options.ts'

/** Makes the command of `name`. `exitCode` tells what an output means for whoever reads exit codes; absent: success. */
export function plainCommand<Name extends OperationName>(
  name: Name,
  draw: Draw<Name>,
  exitCode: (output: OperationOutput<Name>) => number = () => 0,
): CommandForm {
  const row = commandRow(name)
  return {
    declare: (command) => declareInput(command, row.input),
    run: async (run, args, options) => {
      const { client } = await run.openDoor()
      const input = collectInput(row.input, args, options)
      // The client's types were erased by calling by name; the service has put the output through the row's schema.
      const output = (await callByName(client, name, input, run.terminal.signal)) as OperationOutput<Name>
      show(run, output, () => draw(output, run.terminal.columns, run.terminal.colors))
      return exitCode(output)
    },
  }
}
