/**
 * Following a delivery as it goes: its bytes, its rate, and every change of its targets. What the worker of this process
 * does is told at once; a worker elsewhere calls when something moved, and is asked how far it is. Should a call go unheard,
 * the record shows what became of it: it is read every second.
 */
import type { Delivery, DeliveryFollowEvent } from '../contract/index.ts'
import type { DeliveryEvent } from '../delivery/index.ts'
import type { ObjectProgress } from './delivery-news.ts'
import type { CallOptions, House } from './house.ts'
import { Pace } from './pace.ts'

/** Progress is told at most this often: people read no faster. */
const tellMilliseconds = 250
/** The record is read every so many of them. */
const ticksPerReading = 4

/** Follows a delivery until it has ended and its receipts are there; the last event carries it. @throws not-found */
export async function* followDelivery(
  house: House,
  id: string,
  { signal }: CallOptions,
): AsyncGenerator<DeliveryFollowEvent, void, void> {
  const pace = new Pace()
  const news = new Map<string, ObjectProgress>()
  const shown = new Map<string, number>()
  let isMoved = false
  const hear = (event: DeliveryEvent): void => {
    if (event.delivery !== id) return
    if (event.type === 'progress') news.set(objectOf(event), event)
    else isMoved = true
  }
  const forget = house.deliveryNews.on(hear)
  let isMovedElsewhere = false
  const leave = house.newsOfOthers?.follow(id, () => {
    isMovedElsewhere = true
  })
  for (const progress of house.deliveryNews.underWay(id)) hear(progress)
  try {
    let delivery = await house.deliveries.show(house.tenant, id)
    yield { type: 'delivery', delivery }
    for (let tick = 1; !isEnded(delivery); tick += 1) {
      if (!(await rested(house, signal))) return
      if (isMovedElsewhere) {
        isMovedElsewhere = false
        isMoved = true
        for (const progress of await toldElsewhere(house, id)) {
          if (shown.get(objectOf(progress)) !== progress.bytesSent) hear(progress)
        }
      }
      const told = [...news.values()]
      news.clear()
      for (const progress of told) {
        shown.set(objectOf(progress), progress.bytesSent)
        yield progressEvent(progress, pace, house.clock.now())
      }
      if (!isMoved && tick % ticksPerReading !== 0) continue
      isMoved = false
      const now = await house.deliveries.show(house.tenant, id)
      if (JSON.stringify(now) === JSON.stringify(delivery)) continue
      delivery = now
      yield { type: 'delivery', delivery }
    }
  } finally {
    forget()
    leave?.()
  }
}

/** How far others are; this process knows better of what it does itself. */
async function toldElsewhere(house: House, id: string): Promise<readonly ObjectProgress[]> {
  if (house.deliveryNews.underWay(id).length > 0) return []
  return (await house.newsOfOthers?.progressOf(house.tenant, id)) ?? []
}

function objectOf({ connection, key }: ObjectProgress): string {
  return `${connection}\n${key}`
}

/** False: whoever asked has gone. */
async function rested(house: House, signal: AbortSignal | undefined): Promise<boolean> {
  return house.clock.sleep(tellMilliseconds, signal).then(
    () => true,
    () => false,
  )
}

function progressEvent(progress: ObjectProgress, pace: Pace, now: Date): DeliveryFollowEvent {
  const { connection, key, bytesSent, sizeBytes } = progress
  const bytesPerSecond = pace.at(objectOf(progress), bytesSent, now)
  const secondsLeft = bytesPerSecond === null ? null : Math.ceil((sizeBytes - bytesSent) / bytesPerSecond)
  return { type: 'progress', connection, key, bytesSent, sizeBytes, bytesPerSecond, secondsLeft }
}

function isEnded({ state, targets }: Delivery): boolean {
  return state !== 'accepted' && targets.every((target) => target.state !== 'delivered' || target.hasReceipt)
}
