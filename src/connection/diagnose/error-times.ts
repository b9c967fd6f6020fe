/** The times in an error text: two clocks that differ, and the time frame of a SAS token. */

/** The request's time, and the other side's when it came. */
export interface Clocks {
  readonly request: Date
  readonly server: Date
}

/** Begin and end of a token, and the time at Azure. Null: the text does not say. */
export interface SasTimes {
  readonly start: Date | null
  readonly expiry: Date
  readonly current: Date | null
}

/** The two clocks of a request that came too late, as S3's XML and as the sentence of STS and IAM tell them. */
export function clocksIn(text: string): Clocks | undefined {
  const request =
    capture(text, /<RequestTime>([^<]{8,40})</) ??
    capture(text, /Signature (?:expired|not yet current): (\d{8}T\d{6}Z)/i)
  const server =
    capture(text, /<ServerTime>([^<]{8,40})</) ?? capture(text, /is (?:now earlier|still later) than (\d{8}T\d{6}Z)/i)
  const both = [request, server].map((time) => dateOf(time))
  return both[0] instanceof Date && both[1] instanceof Date ? { request: both[0], server: both[1] } : undefined
}

/** The time of a token, from AuthenticationErrorDetail. */
export function sasTimesIn(text: string): SasTimes | undefined {
  const expiry = dateOf(capture(text, /Expiry \[([^\]]{8,40})\]/))
  if (expiry === null) return undefined
  const start = dateOf(capture(text, /Start \[([^\]]{8,40})\]/))
  return { start, expiry, current: dateOf(capture(text, /Current \[([^\]]{8,40})\]/)) }
}

/** ISO 8601 with and without marks, and the form of HTTP. */
function dateOf(text: string | undefined): Date | null {
  if (text === undefined) return null
  const marked = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const time = Date.parse(marked)
  return Number.isNaN(time) ? null : new Date(time)
}

function capture(text: string, pattern: RegExp): string | undefined {
  return pattern.exec(text)?.[1]
}
