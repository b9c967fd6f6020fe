/**
 * Keeps the memory of short-lived objects small. V8 lets it grow to more than a hundred megabytes when much is allocated,
 * which costs memory and saves hardly any time here: reports travel in buffers, and their records die young.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

const enoughBytes = 16 << 20
const checkMs = 10

/**
 * Lets the young generation grow to about that size and no further, from now until the process ends. It does not grow at all
 * while what is loaded next is loaded: modules come in one go, and are no garbage.
 */
export function boundYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  const timer = setInterval(() => {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
    const isEnough = space === undefined || space.space_size >= enoughBytes
    setFlagsFromString(`--semi-space-growth-factor=${isEnough ? 1 : 2}`)
    if (isEnough) clearInterval(timer)
  }, checkMs)
  timer.unref()
}
