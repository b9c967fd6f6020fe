/** What a connection says of its objects, as it is sent for one delivery. Pure: the same delivery always gives the same. */
import type { Writing } from '../../contract/index.ts'
import type { ObjectSettings } from '../../storage/index.ts'

const dayMs = 86_400_000

/**
 * The settings of one object. A retention counts from acceptance and not from the attempt: a request that is sent again must be
 * the identical one.
 */
export function settingsOf({ objects }: Writing, acceptedAt: string): { settings?: ObjectSettings } {
  if (objects === undefined) return {}
  const { retention, ...settings } = objects
  if (retention === undefined) return { settings }
  const until = new Date(Date.parse(acceptedAt) + retention.days * dayMs)
  return { settings: { ...settings, retention: { mode: retention.mode, until } } }
}
