/**
 * The set-up kit for a container: a stored access policy with the fewest letters, and a SAS token bound to it, so that the
 * customer can revoke it without rolling the account's key.
 */
import type { Connection } from '../../contract/index.ts'
import { comment, quote } from './shell.ts'

/**
 * The letters that a connection needs, in the order in which Azure wants them. `c` alone creates blobs and overwrites
 * none; blocks need `w`.
 *
 * @see https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas
 */
export function sasLettersOf(connection: Pick<Connection, 'purpose' | 'writing'>): string {
  if (connection.purpose === 'source') return 'rl'
  if (connection.purpose === 'enrichment') return 'rcwdl'
  return connection.writing.resume ? 'cw' : 'c'
}

const yearMs = 365 * 86_400_000

/** Writes the Azure CLI script. The token goes to the terminal of the administrator and nowhere else. */
export function azureScript(connection: Connection, containerUrl: string, now: Date): string {
  const url = new URL(containerUrl)
  const account = url.hostname.split('.')[0] ?? ''
  const container = url.pathname.split('/').at(-1) ?? ''
  const expiry = `${new Date(now.getTime() + yearMs).toISOString().slice(0, 10)}T00:00Z`
  return `${[
    '#!/bin/sh',
    comment(
      `Makes the SAS token for the Drawbridge connection ${connection.name}: letters ${sasLettersOf(connection)}, until ${expiry}.`,
    ),
    comment('To revoke it: az storage container policy delete with the same names.'),
    'set -eu',
    '',
    `account=${quote(account)}`,
    `container=${quote(container)}`,
    `policy=${quote(`drawbridge-${connection.name}`.slice(0, 64))}`,
    `expiry=${quote(expiry)}`,
    '',
    'if az storage container policy show --account-name "$account" --container-name "$container" --name "$policy" >/dev/null 2>&1; then',
    '  verb=update',
    'else',
    '  verb=create',
    'fi',
    'az storage container policy "$verb" --account-name "$account" --container-name "$container" --name "$policy" \\',
    `  --permissions ${quote(sasLettersOf(connection))} --expiry "$expiry" >/dev/null`,
    '',
    'az storage container generate-sas --account-name "$account" --name "$container" --policy-name "$policy" \\',
    '  --https-only --output tsv',
  ].join('\n')}\n`
}
