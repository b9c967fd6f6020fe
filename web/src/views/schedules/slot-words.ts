/** What became of a slot, in words. */
import type { Slot } from '../../../../src/contract/index.ts'

/** The word of a badge. */
export const slotWords: Readonly<Record<Slot['state'], string>> = {
  running: 'running',
  waiting: 'tried again',
  accepted: 'handed over',
  empty: 'nothing new',
  failed: 'given up',
  missed: 'missed',
}

/** What is done about slots that came while nobody was there. */
export const catchUpWords = {
  none: 'what was missed stays missed',
  last: 'the last of the missed runs is caught up',
  all: 'every missed run is caught up, in order',
} as const
