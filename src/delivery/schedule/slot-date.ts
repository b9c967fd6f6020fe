/** What a schedule's folder, pattern and period are at one slot: `{year}`, `{month}` and `{day}` stand for its local date. Pure. */

/** The parts of a schedule that follow the date. */
export interface DatedSource {
  readonly folder: string
  readonly pattern: string
  readonly timeZone: string
}

/** Fills the slot's date in. The period is its month. */
export function placed(source: DatedSource, at: Date): { folder: string; pattern: string; period: string } {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: source.timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at)
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? ''
  const [year, month, day] = [part('year'), part('month'), part('day')]
  const fill = (text: string): string =>
    text.replaceAll('{year}', year).replaceAll('{month}', month).replaceAll('{day}', day)
  return { folder: fill(source.folder), pattern: fill(source.pattern), period: `${year}-${month}` }
}
