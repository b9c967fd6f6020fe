/** The runs that were missed, and catching up those that are ticked, after a question that says what will happen. */
import { Button, Checkbox } from '@mantine/core'
import { useState } from 'react'
import type { ScheduleDetail } from '../../../../src/contract/index.ts'
import type { useScheduleActions } from '../../schedule-api.ts'
import { good } from '../../ui/colours.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { count } from '../../ui/words.ts'
import { Moment } from './moments.tsx'

interface Props {
  readonly schedule: ScheduleDetail
  readonly action: ReturnType<typeof useScheduleActions>['catchUp']
  readonly mayOperate: boolean
}

export function MissedSlots({ schedule, action, mayOperate }: Props) {
  const { slots, timeZone, route, folder, missed } = schedule
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set())
  const shown = slots.filter(({ state }) => state === 'missed').map(({ at }) => at)
  const chosen = shown.filter((at) => ticked.has(at)).toReversed()
  const tick = (at: string, isTicked: boolean): void => {
    const next = new Set(ticked)
    if (isTicked) next.add(at)
    else next.delete(at)
    setTicked(next)
  }
  return (
    <section className="card" aria-label="missed runs">
      <h2>Missed runs</h2>
      <p className="quiet">
        Nobody was there when they came, and the schedule leaves them as they are until somebody says otherwise.
        {missed > shown.length ? ` Of ${missed}, the newest are shown.` : null}
      </p>
      <fieldset className="plain-list slots">
        <legend className="unseen">Missed runs to catch up</legend>
        {shown.map((at) => (
          <Checkbox
            key={at}
            data-missed={at}
            color={good}
            disabled={!mayOperate}
            label={<Moment at={at} timeZone={timeZone} />}
            checked={ticked.has(at)}
            onChange={(event) => tick(at, event.currentTarget.checked)}
          />
        ))}
      </fieldset>
      {mayOperate ? (
        <div className="row actions">
          <Button variant="default" onClick={() => setTicked(new Set(shown))}>
            Tick all that are shown
          </Button>
          <Confirm
            text={`Catch up ${chosen.length === 0 ? 'what is ticked' : count(chosen.length, 'run')}`}
            question={`Catch up ${count(chosen.length, 'missed run')} now?`}
            yes="Yes, run them now"
            busy={action.isPending}
            disabled={chosen.length === 0}
            onYes={() => action.mutate(chosen, { onSuccess: () => setTicked(new Set()) })}
          >
            <p className="flush">
              The earliest goes first. Each delivers what is new in <span className="mono">{folder}</span>, as that
              folder is now, on the route {route}. What was delivered before is not delivered again.
            </p>
            <ol className="after">
              {chosen.map((at) => (
                <li key={at}>
                  <Moment at={at} timeZone={timeZone} />
                </li>
              ))}
            </ol>
          </Confirm>
        </div>
      ) : null}
      {action.error ? <Trouble error={action.error} /> : null}
    </section>
  )
}
