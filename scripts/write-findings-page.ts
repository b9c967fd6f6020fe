/** Writes docs/findings.md from the table of findings and the mission's policies: `node scripts/write-findings-page.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findingGroups } from '../src/iam/check/finding-meanings.ts'
import { type FindingId, findingRow } from '../src/iam/check/finding-table.ts'
import { type MissionCase, missionCases } from '../test/iam-check/mission-cases.ts'

/** Where the page stands. */
export const findingsPageFile = join(import.meta.dirname, '..', 'docs', 'findings.md')

/** The whole page. */
export function findingsPage(): string {
  return [
    '# Findings of `policy check`',
    '',
    '<!-- Made from the sources by `node scripts/write-findings-page.ts`; a test holds the two together. -->',
    '',
    'A finding has an id that stays, a severity, a place, a help and a page of AWS. `error`: AWS refuses the policy, or the',
    'part can not do what it says. `security-warning`: it lets in or out more than it should. `warning`: it is probably not',
    'what was meant. `suggestion`: it could be simpler. What S3, STS, KMS and IAM call things comes from a table',
    '([third-party.md](third-party.md)); of other services only the prefix is known.',
    ...Object.entries(findingGroups).flatMap(([title, rows]) => groupSection(title, rows)),
    ...missionSection(missionCases()),
    '',
  ].join('\n')
}

function groupSection(title: string, rows: Readonly<Partial<Record<FindingId, string>>>): string[] {
  const ids = Object.keys(rows) as FindingId[]
  return [
    '',
    `## ${title}`,
    '',
    '| id | severity | what | help |',
    '|---|---|---|---|',
    ...ids.map((id) => {
      const { severity, help, see } = findingRow(id)
      return `| [\`${id}\`](${see}) | ${severity} | ${cell(rows[id] ?? '')} | ${cell(help)} |`
    }),
  ]
}

function missionSection(cases: readonly MissionCase[]): string[] {
  return [
    '',
    '## The policies that the product grew out of',
    '',
    'The documents behind Drawbridge show policies to copy. This is what `policy check` says of each; the policies stand in',
    '`test/iam-check/mission/`.',
    '',
    '| policy | document | checked as | findings | why |',
    '|---|---|---|---|---|',
    ...cases.map(({ name, document, options, expected, why }) => {
      const counted = new Map<string, number>()
      for (const { id } of expected) counted.set(id, (counted.get(id) ?? 0) + 1)
      const found = [...counted].map(([id, count]) => `\`${id}\`${count > 1 ? ` (${count})` : ''}`).join(', ')
      return `| ${cell(name)} | ${cell(document)} | ${optionsText(options)} | ${found || 'none'} | ${cell(why)} |`
    }),
  ]
}

function optionsText({ kind, ourPrincipal, sessionTagKeys, egress }: MissionCase['options']): string {
  const known = [
    ...(ourPrincipal === undefined ? [] : [`we call as \`${ourPrincipal}\``]),
    ...(sessionTagKeys === undefined ? [] : ['we send session tags']),
    ...(egress === 'dynamic' ? ['our addresses are dynamic'] : []),
  ]
  return [kind, ...known].join('; ')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

if (import.meta.main) writeFileSync(findingsPageFile, findingsPage())
