/** `database`: the form of a PostgreSQL database, for whoever deploys. The embedded database changes its form at the start. */
import type { Command } from 'commander'
import { DrawbridgeError } from '../../base/index.ts'
import type { DatabaseForm, PostgresForm } from '../../state/index.ts'
import type { CommandForm } from './form.ts'
import { type Run, show } from './run.ts'

export const databaseStatusCommand = commandOf(async (form, run) => {
  const status = await form.read()
  show(run, status, () => renderForm(status))
})

export const databaseMigrateCommand = commandOf(async (form, run) => {
  const steps = await form.migrate()
  const status = await form.read()
  show(run, { steps, version: status.version }, () =>
    steps === 0
      ? `the database has form ${status.version}, the newest`
      : `took ${steps} ${steps === 1 ? 'step' : 'steps'}; the database has form ${status.version}`,
  )
})

export const databaseRollbackCommand = commandOf(async (form, run) => {
  const name = await form.rollBack()
  const { version } = await form.read()
  show(run, { takenBack: name, version }, () => `took back: ${name}; the database has form ${version}`)
})

function commandOf(work: (form: PostgresForm, run: Run) => Promise<void>): CommandForm {
  return {
    declare: (_command: Command) => {},
    run: async (run) => {
      const [{ PostgresForm }, { postgresOptions }, { readConfig }] = await Promise.all([
        import('../../state/index.ts'),
        import('../database.ts'),
        import('../config.ts'),
      ])
      const { database } = run
      if (database === null) throw noAddress()
      const config = await readConfig(run.directory, run.configPath)
      await work(new PostgresForm(postgresOptions(database.ownerUrl ?? database.url, config)), run)
      return 0
    },
  }
}

function renderForm({ version, known, steps }: DatabaseForm): string {
  const lines = steps.map(
    (step) => `${String(step.version).padStart(3)}  ${step.appliedAt ?? 'not taken yet'.padEnd(24)}  ${step.name}`,
  )
  return [`form ${version} of ${known}`, ...lines].join('\n')
}

function noAddress(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'configuration-invalid',
    message: 'DATABASE_URL names no PostgreSQL database',
    operation: 'config.read',
    help: 'the embedded database changes its form by itself; for PostgreSQL set DATABASE_URL and DATABASE_OWNER_URL',
  })
}
