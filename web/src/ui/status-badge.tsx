/** A state as a coloured word. */
import { Badge } from '@mantine/core'

const colors: Readonly<Record<string, string>> = {
  active: 'green.9',
  pass: 'green.9',
  delivered: 'green.9',
  broken: 'red.9',
  fail: 'red.9',
  refused: 'red.9',
  conflict: 'red.9',
  quarantined: 'red.9',
  parked: 'red.9',
  failed: 'orange.9',
  owed: 'orange.9',
  cancelled: 'orange.9',
  accepted: 'blue.9',
  sending: 'blue.9',
}

/** Shows a state; grey where the word says nothing good or bad. */
export function StatusBadge({ state }: { readonly state: string }) {
  return (
    <Badge color={colors[state] ?? 'gray.7'} variant="filled" data-state={state}>
      {state}
    </Badge>
  )
}
