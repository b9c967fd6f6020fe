/**
 * The set-up kit for a container: a stored access policy with the fewest letters, and a SAS token bound to it, so that the
 * customer can revoke it without rolling the account's key. The end stands in the token, not in the policy, because only
 * so can we see it and warn in time.
 */
import type { Connection } from '../../contract/index.ts'
import { purposeText } from './grant-text.ts'
import { comment, quote } from './shell.ts'

/**
 * The letters that a connection needs, in the order in which Azure wants them.
 *
 * @see https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas
 */
export function sasLettersOf(connection: Lettered): string {
  return lettersOf(connection)
    .map(({ letter }) => letter)
    .join('')
}

/** What decides about the letters. */
type Lettered = Pick<Connection, 'purpose'> & Partial<Pick<Connection, 'writing'>>

function lettersOf({ purpose, writing }: Lettered): Letter[] {
  const { tags, retention, legalHold } = writing?.objects ?? {}
  const keeps = retention !== undefined || legalHold === true
  return [...letters[purpose], ...(Object.keys(tags ?? {}).length === 0 ? [] : [tag]), ...(keeps ? [immutability] : [])]
}

interface Letter {
  readonly letter: string
  readonly name: string
  readonly why: string
}

const read: Letter = { letter: 'r', name: 'read', why: 'read blobs' }
const create: Letter = { letter: 'c', name: 'create', why: 'write blobs that are not there yet, in one request' }
const write: Letter = { letter: 'w', name: 'write', why: 'send large blobs in blocks, and resume them' }
const remove: Letter = { letter: 'd', name: 'delete', why: 'remove results that were superseded' }
const list: Letter = { letter: 'l', name: 'list', why: 'list blobs, so that files can be found' }

const tag: Letter = { letter: 't', name: 'tags', why: 'send index tags with a blob' }
const immutability: Letter = {
  letter: 'i',
  name: 'set immutability policy',
  why: 'send with a blob how long it is kept',
}

const letters: Readonly<Record<Connection['purpose'], readonly Letter[]>> = {
  source: [read, list],
  enrichment: [read, create, write, remove, list],
  export: [create, write],
}

/** Why each letter is asked for, one a line: `c (create): …`. */
export function sasLettersGranted(connection: Lettered): string[] {
  return lettersOf(connection).map(({ letter, name, why }) => `${letter} (${name}): ${why}`)
}

/** The letters that are deliberately left away, and what `c` without `w` would mean for an export. */
export function sasLettersLeftAway(connection: Lettered): string[] {
  const has = sasLettersOf(connection)
  const away = [
    ...[read, create, write, remove, list].filter(({ letter }) => !has.includes(letter)),
    { letter: 'x', name: 'delete version', why: '' },
    { letter: 'y', name: 'permanent delete', why: '' },
    { letter: 'a', name: 'append', why: '' },
    ...(has.includes('i') ? [] : [immutability]),
  ]
  const line = `${away.map(({ letter, name }) => `${letter} (${name})`).join(', ')}: the purpose does not need them`
  return [line, ...(connection.purpose === 'export' ? [cAlone] : [])]
}

const cAlone =
  'c alone would do for reports that fit into one request: Azure then refuses every overwrite by itself. Large reports travel in blocks, and blocks need w; with it, what keeps a blob from being overwritten is that every write of Drawbridge carries the condition If-None-Match: *'

const yearMs = 365 * 86_400_000

/** Writes the Azure CLI script. The token goes to a file that only the administrator can read, and nowhere else. */
export function azureScript(connection: Connection, containerUrl: string, now: Date): string {
  const url = new URL(containerUrl)
  const account = url.hostname.split('.')[0] ?? ''
  const container = url.pathname.split('/').at(-1) ?? ''
  const expiry = `${new Date(now.getTime() + yearMs).toISOString().slice(0, 10)}T00:00Z`
  const permissions = sasLettersOf(connection)
  return `${[
    '#!/bin/sh',
    comment(`Makes the SAS token for the Drawbridge connection ${connection.name}, purpose ${connection.purpose}: it`),
    comment(
      `${purposeText[connection.purpose].replace(/^it /, '')}. Place: ${containerUrl}/${connection.location.rootPath}`,
    ),
    comment('  sh apply-azure-cli.sh FILE'),
    comment(
      'FILE receives the token; nothing is printed. Hand it over through a channel that you trust; the vendor reads',
    ),
    comment('it with --sas-file, then delete it.'),
    '#',
    comment('Granted, and why:'),
    ...sasLettersGranted(connection).map((one) => comment(`  ${one}`)),
    comment('Deliberately not granted:'),
    ...sasLettersLeftAway(connection).map((one) => comment(`  ${one}`)),
    comment('  Other containers, the account, and plain HTTP.'),
    '#',
    comment('The letters stand in a stored access policy of the container, to which the token is bound. To revoke it:'),
    comment(
      '  az storage container policy delete --account-name … --container-name … --name …   (with the names below)',
    ),
    comment(
      'To renew it, run this again with another FILE before the token ends; the old one works until its own end.',
    ),
    'set -eu',
    'umask 077',
    '',
    'if [ "$#" -ne 1 ]; then',
    '  echo "error: name the file for the token: sh apply-azure-cli.sh FILE" >&2',
    '  exit 2',
    'fi',
    'if [ -e "$1" ]; then',
    '  echo "error: $1 exists already" >&2',
    '  exit 1',
    'fi',
    '',
    `account=${quote(account)}`,
    `container=${quote(container)}`,
    `policy=${quote(`drawbridge-${connection.name}`.slice(0, 64))}`,
    `expiry=\${DRAWBRIDGE_SAS_EXPIRY:-${expiry}}`,
    '',
    'if az storage container policy show --account-name "$account" --container-name "$container" --name "$policy" >/dev/null 2>&1; then',
    '  verb=update',
    'else',
    '  verb=create',
    'fi',
    'az storage container policy "$verb" --account-name "$account" --container-name "$container" --name "$policy" \\',
    `  --permissions ${quote(permissions)} >/dev/null`,
    '',
    'az storage container generate-sas --account-name "$account" --name "$container" --policy-name "$policy" \\',
    '  --expiry "$expiry" --https-only --output tsv >"$1"',
    'echo "done: the token is in $1, good until $expiry; a new stored access policy takes up to half a minute to be seen"',
  ].join('\n')}\n`
}
