/**
 * Who may see which rows. Every table that names a tenant shows a transaction the rows of the tenant that it has set,
 * and no other; without one it shows nothing. Tables without a tenant of their own follow the row they belong to. The
 * queue's tables can be seen whole by whoever says so (`everyTenant`): workers claim for everybody. What was logged can
 * be added to and never changed.
 */
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../schema.ts'
import { appRole, schemaName } from './pool.ts'

/** The setting that names a transaction's tenant; `*` for the queue. No tenant is called that. */
export const tenantSetting = 'drawbridge.tenant'

/** Tables of the house as a whole: no tenant's data stands in them, but for how large an upload is. */
const houseTables: ReadonlySet<string> = new Set([
  'migrations',
  'breaks',
  'sealed_values',
  'spool_space',
  'receipt_texts',
])
/** Where work for every tenant is looked for. */
const queueTables: ReadonlySet<string> = new Set(['deliveries', 'uploads', 'small_reports', 'alerts'])
/** Tables that follow another one's rows: their column, and the table whose `id` it is. */
const parents: Readonly<Record<string, readonly [column: string, parent: string]>> = {
  delivery_targets: ['delivery_id', 'deliveries'],
  delivery_items: ['delivery_id', 'deliveries'],
  delivery_parts: ['delivery_id', 'deliveries'],
  small_reports: ['upload', 'uploads'],
}
/** What is written once. */
const appendOnly: ReadonlySet<string> = new Set(['log_entries', 'log_hashes'])
/** What the owner alone writes. */
const readOnly: ReadonlySet<string> = new Set(['migrations', 'breaks'])

/** Puts the rules on every table as it stands now. Run after each step, so that a new table is never without. */
export async function settlePolicies(transaction: Transaction<Tables>): Promise<void> {
  const { rows } = await sql<{ name: string; has_tenant: boolean }>`
    select c.relname as name, exists (
      select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped) as has_tenant
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schemaName} and c.relkind in ('r', 'p')`.execute(transaction)
  for (const { name, has_tenant } of rows) {
    const rights = readOnly.has(name)
      ? 'select'
      : appendOnly.has(name)
        ? 'select, insert'
        : 'select, insert, update, delete'
    const statements = [`revoke all on ${name} from ${appRole}`, `grant ${rights} on ${name} to ${appRole}`]
    if (!houseTables.has(name)) {
      const rule = ruleOf(name, has_tenant)
      statements.push(
        `alter table ${name} enable row level security`,
        `alter table ${name} force row level security`,
        `drop policy if exists of_tenant on ${name}`,
        `create policy of_tenant on ${name} using (${rule}) with check (${rule})`,
      )
    }
    for (const statement of statements) await sql.raw(statement).execute(transaction)
  }
}

/** Frees the owner from a table's rules until they are put on again, in the same transaction. */
export async function freeOwner(transaction: Transaction<Tables>, table: string): Promise<void> {
  await sql.raw(`alter table ${table} no force row level security`).execute(transaction)
}

function ruleOf(table: string, hasTenant: boolean): string {
  const setting = `current_setting('${tenantSetting}', true)`
  const parent = parents[table]
  if (parent !== undefined) {
    const [column, name] = parent
    // The parent's own rule decides which rows are there.
    const rule = `exists (select from ${name} p where p.id = ${table}.${column})`
    return queueTables.has(table) ? `${setting} = '*' or ${rule}` : rule
  }
  if (!hasTenant) throw new TypeError(`the table \`${table}\` belongs to no tenant: say in policies.ts whose it is`)
  // A setting that was made local once reads as '' later: no tenant is called that either.
  return queueTables.has(table) ? `${setting} in (tenant, '*')` : `${setting} = tenant`
}
