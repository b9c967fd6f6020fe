/**
 * Keeps V8's heap from growing for the sake of garbage. Left alone it lets the young generation become more than a hundred
 * megabytes and the old one twice what lives in it, since neither counts for it as much as time; here a process has to stay
 * within 256 MiB.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/**
 * Both halves of the young generation. What a report is made of lives until it is delivered: in a smaller one most of it would be
 * carried into the old generation, and be garbage there.
 */
const youngBytes = 12 << 20
/** By so much, in percent of what was alive after a collection, the old generation grows before the next one. */
const oldGrowth = 60
const startMs = 1_000
const checkMs = 250

/**
 * Bounds the growth of the heap from now until the process ends. The young generation does not grow at all while the process starts:
 * modules are loaded in one go and are no garbage.
 */
export function boundHeapGrowth(): void {
  growYoungBy(1)
  setTimeout(keepBounds, startMs).unref()
}

function keepBounds(): void {
  setFlagsFromString(`--heap-growing-percent=${oldGrowth}`)
  // V8 gives the young generation back while nothing is to do, so it is looked at again and again.
  setInterval(letYoungGrow, checkMs).unref()
}

/** V8 multiplies its size by this when much of it survives: once, and it has the size that it may have. */
function letYoungGrow(): void {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  growYoungBy(Math.max(1, Math.floor(youngBytes / Math.max(young?.space_size ?? youngBytes, 1))))
}

function growYoungBy(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`)
}
