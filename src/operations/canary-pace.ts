/** How often canaries go on a route: as the route says, or else the deployment. */
import type { Route } from '../contract/index.ts'
import type { House } from './house.ts'

const hourMs = 60 * 60_000

/** How often they go as it is said now, and the earliest moment of the next; absent: none goes by the clock. */
export function canariesOf(house: House, route: Route): { everyHours: number; nextAt?: string } {
  const everyHours = route.canaryEveryHours ?? house.canaryEveryHours
  if (everyHours === 0) return { everyHours }
  const nextAt = new Date((periodOf(house, everyHours) + 1) * everyHours * hourMs)
  return { everyHours, nextAt: nextAt.toISOString() }
}

/** The period's own number: of any number of servers one sends, and the others are told of the same canary. */
export function periodOf({ clock }: House, everyHours: number): number {
  return Math.floor(clock.now().getTime() / (everyHours * hourMs))
}
