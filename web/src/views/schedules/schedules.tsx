/** The schedules: what goes out by the clock, when it comes next, and what became of the last time. */
import type { Schedule } from '../../../../src/contract/index.ts'
import { useMayConnect, useRoutes } from '../../api.ts'
import { useSchedules } from '../../schedule-api.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { count } from '../../ui/words.ts'
import { Moment } from './moments.tsx'
import { NewSchedule } from './new-schedule.tsx'
import { slotWords } from './slot-words.ts'

export function SchedulesView() {
  const query = useSchedules()
  const routes = useRoutes()
  const mayConnect = useMayConnect()
  return (
    <>
      <PageTitle text="Schedules" />
      <Loaded query={query}>
        {(schedules) =>
          schedules.length === 0 ? (
            <p className="card">
              Nothing goes out by the clock yet. A schedule delivers whatever is new in a folder of the server, at the
              times that it names, on a route.
            </p>
          ) : (
            schedules.map((schedule) => <ScheduleCard key={schedule.id} schedule={schedule} />)
          )
        }
      </Loaded>
      {mayConnect ? <Loaded query={routes}>{(known) => <NewSchedule routes={known} />}</Loaded> : null}
    </>
  )
}

function ScheduleCard({ schedule }: { readonly schedule: Schedule }) {
  const { name, route, cron, timeZone, state, nextAt, lastSlot, missed } = schedule
  return (
    <article className="card" data-schedule={name}>
      <div className="row">
        <strong>
          <a className="plain-link" href={`#/schedules/${name}`}>
            {name}
          </a>
        </strong>
        <StatusBadge state={state} />
        <span className="quiet">on the route {route}</span>
        <span className="push mono">
          {cron} {timeZone}
        </span>
      </div>
      <div className="row targets">
        <span>
          {state === 'paused' ? (
            'Paused: nothing runs until it is resumed.'
          ) : nextAt === null ? (
            'No run comes any more.'
          ) : (
            <>
              Next: <Moment at={nextAt} timeZone={timeZone} />
            </>
          )}
        </span>
        {lastSlot === undefined ? null : (
          <span className="row tight">
            <span className="quiet">
              Last: <Moment at={lastSlot.at} timeZone={timeZone} isBrief />
            </span>
            <StatusBadge state={lastSlot.state} word={slotWords[lastSlot.state]} />
          </span>
        )}
        {missed === 0 ? null : <StatusBadge state="missed" word={count(missed, 'missed run')} />}
      </div>
    </article>
  )
}
