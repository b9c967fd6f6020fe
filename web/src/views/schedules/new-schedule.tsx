/** Adding a schedule: which folder, on which route, when; what the times mean is shown while they are typed. */
import { Autocomplete, Button, NativeSelect } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { CatchUp, Route } from '../../../../src/contract/index.ts'
import { usePreview, useScheduleCreation } from '../../schedule-api.ts'
import { good } from '../../ui/colours.ts'
import { Line } from '../../ui/line.tsx'
import { Prose } from '../../ui/prose.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { ownTimeZone } from '../../ui/words.ts'
import { Moments } from './moments.tsx'
import { catchUpWords } from './slot-words.ts'

/** What is typed. */
interface Form {
  readonly name: string
  readonly route: string
  readonly folder: string
  readonly pattern: string
  readonly cron: string
  readonly timeZone: string
  readonly catchUp: CatchUp
}

const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]

/** Offers the form, once there is a route to deliver on. */
export function NewSchedule({ routes }: { readonly routes: readonly Route[] }) {
  if (routes.length === 0) {
    return (
      <p className="card">
        A schedule delivers on a route. <a href="#/routes">Add a route first.</a>
      </p>
    )
  }
  return <ScheduleForm routes={routes} />
}

function ScheduleForm({ routes }: { readonly routes: readonly Route[] }) {
  const [form, setForm] = useState<Form>(() => emptyForm(routes))
  const creation = useScheduleCreation()
  const preview = usePreview(form.cron, form.timeZone)
  const set = (part: Partial<Form>): void => setForm({ ...form, ...part })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const { name, folder, pattern, cron } = form
    const trimmed = { ...form, name: name.trim(), folder: folder.trim(), pattern: pattern.trim(), cron: cron.trim() }
    creation.mutate(trimmed, { onSuccess: () => setForm(emptyForm(routes)) })
  }
  return (
    <form onSubmit={submit} className="card" aria-label="add a schedule">
      <h2>Add a schedule</h2>
      <div className="boxes">
        <What form={form} set={set} routes={routes} />
        <When form={form} set={set} />
      </div>
      <section className="more" aria-label="what these times mean" aria-live="polite">
        {preview.error ? <Refused error={preview.error} /> : null}
        {preview.data && !preview.error ? (
          <>
            <strong>These times mean</strong>
            <Moments next={preview.data.next} timeZone={preview.data.timeZone} />
          </>
        ) : null}
      </section>
      <Button type="submit" mt="md" color={good} loading={creation.isPending}>
        Add the schedule
      </Button>
      <p className="quiet after">It delivers in your name, with the claims of this sign-in.</p>
      {creation.error ? <Trouble error={creation.error} /> : null}
    </form>
  )
}

function emptyForm(routes: readonly Route[]): Form {
  const route = routes[0]?.name ?? ''
  return { name: '', route, folder: '', pattern: '*', cron: '', timeZone: ownTimeZone(), catchUp: 'last' }
}

interface PartProps {
  readonly form: Form
  readonly set: (part: Partial<Form>) => void
}

function What({ form, set, routes }: PartProps & { readonly routes: readonly Route[] }) {
  return (
    <>
      <Line
        label="Name"
        description="Lower-case letters, digits and hyphens"
        required
        pattern="[a-z0-9][a-z0-9\-]{0,62}"
        value={form.name}
        onText={(name) => set({ name })}
      />
      <NativeSelect
        label="Route"
        description="On which the reports go"
        data={routes.map(({ name }) => name)}
        value={form.route}
        onChange={(event) => set({ route: event.currentTarget.value })}
      />
      <Line
        label="Folder"
        description="On the server, from the root on; {year}, {month} and {day} are those of the run"
        required
        value={form.folder}
        onText={(folder) => set({ folder })}
      />
      <Line
        label="Files"
        description="Which of them: * is any part of a name, ** any folders"
        required
        value={form.pattern}
        onText={(pattern) => set({ pattern })}
      />
    </>
  )
}

function When({ form, set }: PartProps) {
  return (
    <>
      <Line
        label="Times"
        description="Minute, hour, day of the month, month, day of the week: 0 6 1 * *"
        required
        spellCheck={false}
        value={form.cron}
        onText={(cron) => set({ cron })}
      />
      <Autocomplete
        label="Time zone"
        description="In which these times count"
        required
        data={zones}
        limit={20}
        value={form.timeZone}
        onChange={(timeZone) => set({ timeZone })}
      />
      <NativeSelect
        label="After an outage"
        description="What came while no server was there to run it"
        data={Object.entries(catchUpWords).map(([value, label]) => ({ value, label }))}
        value={form.catchUp}
        onChange={(event) => set({ catchUp: event.currentTarget.value as CatchUp })}
      />
    </>
  )
}

/** What is wrong with times that are still being typed: not yet an alert. */
function Refused({ error }: { readonly error: Error }) {
  const help = 'help' in error && typeof error.help === 'string' ? error.help : null
  return (
    <p className="after" data-preview="refused">
      <Prose text={error.message} />
      {help === null ? null : (
        <span className="quiet">
          <br />
          <Prose text={help} />
        </span>
      )}
    </p>
  )
}
