/** A state as a coloured word. */
import { Badge } from '@mantine/core'
import { bad, busy, good, neutral, warning } from './colours.ts'

const colors: Readonly<Record<string, string>> = {
  active: good,
  pass: good,
  delivered: good,
  closed: good,
  taken: good,
  allowed: good,
  broken: bad,
  fail: bad,
  refused: bad,
  conflict: bad,
  quarantined: bad,
  parked: bad,
  open: bad,
  'given-up': bad,
  down: bad,
  breaks: bad,
  opens: bad,
  explicitDeny: bad,
  implicitDeny: bad,
  failed: warning,
  owed: warning,
  cancelled: warning,
  uncertain: warning,
  primary: busy,
  waiting: busy,
  accepted: busy,
  sending: busy,
  empty: neutral,
  missed: bad,
  'half-open': warning,
  running: busy,
  paused: warning,
  repairs: good,
  closes: good,
}

/** Shows a state; grey where the word says nothing good or bad. `word` is what is read, where it is not the state itself. */
export function StatusBadge({ state, word = state }: { readonly state: string; readonly word?: string }) {
  return (
    <Badge color={colors[state] ?? neutral} variant="filled" data-state={state} className="state">
      {word}
    </Badge>
  )
}
