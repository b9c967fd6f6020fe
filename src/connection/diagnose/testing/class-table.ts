/** The classes of symptoms as the table of docs/diagnosis.md, which a test keeps equal to the code. */
import { symptoms } from '../symptoms/index.ts'

/** Renders the table. */
export function classTable(): string {
  const rows = symptoms.map(({ id, link, summary, page }) => `| \`${id}\` | ${link} | ${summary} | [page](${page}) |`)
  return ['| class | link | what is wrong | vendor |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
