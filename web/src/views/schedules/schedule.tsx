/** One schedule: when it runs next, what was missed, and what became of every run. */
import { Button } from '@mantine/core'
import type { ScheduleDetail, Slot } from '../../../../src/contract/index.ts'
import { useMayConnect, useMayOperate } from '../../api.ts'
import { useSchedule, useScheduleActions } from '../../schedule-api.ts'
import { good } from '../../ui/colours.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { Prose } from '../../ui/prose.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { count } from '../../ui/words.ts'
import { MissedSlots } from './missed-slots.tsx'
import { Moment, Moments } from './moments.tsx'
import { catchUpWords, slotWords } from './slot-words.ts'

export function ScheduleView({ name }: { readonly name: string }) {
  const query = useSchedule(name)
  return <Loaded query={query}>{(schedule) => <OneSchedule schedule={schedule} />}</Loaded>
}

function OneSchedule({ schedule }: { readonly schedule: ScheduleDetail }) {
  const { name, state, next, timeZone, slots, missed } = schedule
  const actions = useScheduleActions(name)
  const mayOperate = useMayOperate()
  return (
    <>
      <PageTitle text={name}>
        <StatusBadge state={state} />
      </PageTitle>
      <section className="card" aria-label="the schedule">
        <Facts schedule={schedule} />
        {mayOperate ? <Actions schedule={schedule} actions={actions} /> : null}
      </section>
      <section className="card" aria-label="what comes">
        <h2>Next runs</h2>
        {state === 'paused' ? (
          <p className="quiet after">
            None while it is paused. What passes meanwhile is not missed: it does not happen.
          </p>
        ) : (
          <>
            <p className="quiet">By the clocks of {timeZone}.</p>
            <Moments next={next} timeZone={timeZone} />
          </>
        )}
      </section>
      {missed > 0 && slots.some((slot) => slot.state === 'missed') ? (
        <MissedSlots schedule={schedule} action={actions.catchUp} mayOperate={mayOperate} />
      ) : null}
      <section className="card" aria-label="history">
        <h2>History</h2>
        {slots.length === 0 ? (
          <p className="quiet after">It has not run yet.</p>
        ) : (
          <ul className="plain-list" aria-label="runs">
            {slots.map((slot) => (
              <SlotLine key={slot.at} slot={slot} timeZone={timeZone} />
            ))}
          </ul>
        )}
      </section>
    </>
  )
}

function Facts({ schedule }: { readonly schedule: ScheduleDetail }) {
  const { route, folder, pattern, cron, timeZone, catchUp, report, owner } = schedule
  return (
    <dl className="facts">
      <dt>delivers</dt>
      <dd>
        <span className="mono">{pattern}</span> in <span className="mono">{folder}</span>, as the report {report}
      </dd>
      <dt>on the route</dt>
      <dd>
        <a href="#/routes">{route}</a>
      </dd>
      <dt>times</dt>
      <dd>
        <span className="mono">{cron}</span> in {timeZone}
      </dd>
      <dt>after an outage</dt>
      <dd>{catchUpWords[catchUp]}</dd>
      <dt>in the name of</dt>
      <dd>{owner.displayName ?? owner.subject}</dd>
    </dl>
  )
}

interface ActionProps {
  readonly schedule: ScheduleDetail
  readonly actions: ReturnType<typeof useScheduleActions>
}

function Actions({ schedule: { name, state }, actions }: ActionProps) {
  const { pause, resume, run, remove } = actions
  const mayConnect = useMayConnect()
  const error = pause.error ?? resume.error ?? run.error ?? remove.error
  return (
    <>
      <div className="row actions">
        {state === 'paused' ? (
          <Button color={good} loading={resume.isPending} onClick={() => resume.mutate()}>
            Resume
          </Button>
        ) : (
          <Button variant="default" loading={pause.isPending} onClick={() => pause.mutate()}>
            Pause
          </Button>
        )}
        <Button variant="default" loading={run.isPending} onClick={() => run.mutate()}>
          Run once now
        </Button>
        {mayConnect ? (
          <Confirm
            text="Remove"
            question={`Remove the schedule ${name}?`}
            yes="Yes, remove it"
            isLoss
            busy={remove.isPending}
            onYes={() => remove.mutate()}
          >
            <p className="flush">
              Its history goes with it. What it has delivered stays, and what is on its way goes on.
            </p>
          </Confirm>
        ) : null}
      </div>
      {error ? <Trouble error={error} /> : null}
    </>
  )
}

function SlotLine({ slot, timeZone }: { readonly slot: Slot; readonly timeZone: string }) {
  const { at, kind, state, files, delivery, reason } = slot
  return (
    <li className="row check slot" data-slot={at} data-state={state}>
      <StatusBadge state={state} word={slotWords[state]} />
      <span>
        <Moment at={at} timeZone={timeZone} isBrief />
      </span>
      <span className="check-detail quiet">
        {kind === 'manual' ? 'by hand' : null}
        {reason === undefined ? null : <Prose text={`${kind === 'manual' ? ': ' : ''}${reason}`} />}
      </span>
      {delivery === undefined ? null : (
        <a href={`#/deliveries/${delivery}`} aria-label={`Delivery of ${count(files, 'file')}`}>
          {count(files, 'file')}
        </a>
      )}
    </li>
  )
}
