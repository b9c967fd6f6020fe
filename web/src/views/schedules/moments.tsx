/** Moments of a schedule: as clocks in its own time zone show them, and as the reader's do where those differ. */
import { momentIn, ownTimeZone } from '../../ui/words.ts'

/** One moment. `isBrief` leaves the reader's own clock out. */
export function Moment({
  at,
  timeZone,
  isBrief = false,
}: {
  readonly at: string
  readonly timeZone: string
  readonly isBrief?: boolean
}) {
  const there = momentIn(at, timeZone)
  const here = momentIn(at, ownTimeZone())
  return (
    <>
      <time dateTime={at}>{there}</time>
      {isBrief || here === there ? null : <span className="quiet"> ({here} for you)</span>}
    </>
  )
}

/** The moments that come, in a list. */
export function Moments({ next, timeZone }: { readonly next: readonly string[]; readonly timeZone: string }) {
  if (next.length === 0) return <p className="quiet after">No such moment comes any more.</p>
  return (
    <ol className="plain-list moments" aria-label="next runs">
      {next.map((at) => (
        <li key={at} data-next={at}>
          <Moment at={at} timeZone={timeZone} />
        </li>
      ))}
    </ol>
  )
}
