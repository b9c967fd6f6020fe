/**
 * Keeps the memory of short-lived objects small. V8 lets it grow to more than a hundred megabytes when much is allocated,
 * which costs memory and saves hardly any time here: reports travel in buffers, and their records die young.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

const enoughBytes = 8 << 20
const startMs = 3_000
const checkMs = 100
const growthMs = 5

/**
 * Lets the young generation grow to about that size and no further, from now until the process ends. It does not grow while
 * the process starts, and later for a moment now and then: what is under load has grown within a second, while modules, which
 * are loaded in one go and are no garbage, seldom meet such a moment.
 */
export function boundYoungGeneration(): void {
  growBy(1)
  setTimeout(growUnderLoad, startMs).unref()
}

function growUnderLoad(): void {
  const timer = setInterval(() => {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
    if (space === undefined || space.space_size >= enoughBytes) return clearInterval(timer)
    growBy(2)
    setTimeout(growBy, growthMs, 1).unref()
  }, checkMs)
  timer.unref()
}

function growBy(factor: 1 | 2): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`)
}
