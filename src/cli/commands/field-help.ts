/** What the fields of the operations' inputs mean, for help: the same field means the same everywhere. */

const meanings: Readonly<Record<string, string>> = {
  name: 'its name: lower-case letters, digits and hyphens',
  targets: 'names of connections, the primary first',
  policy: '`failover`: the first that accepts; `mirror`: all of them',
  primary: 'the target that becomes the first',
  route: 'the name of the route',
  limit: 'at most so many, the newest first',
  id: "the delivery's id",
  connection: "the connection's name",
  everyHours: 'every so many hours; 0: none by itself; absent: as the configuration says',
  cron: 'minute, hour, day of the month, month, day of the week: `0 6 1 * *`',
  timeZone: 'in which the pattern counts: `Europe/Berlin`',
  count: 'so many of them',
  cases: 'files of cases, each one case or a list of them',
}

/** The help text of a field; empty where its name says it all. */
export function fieldHelp(name: string): string {
  return meanings[name] ?? ''
}
