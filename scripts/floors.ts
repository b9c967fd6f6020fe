/**
 * Holds the floors: each room imports only what its row allows, and other rooms only through their front door
 * (`index.ts`). Run by `npm run floors`; `floors.test.ts` plants violations to show that it can fail. Tests and
 * `testing/` folders may reach anywhere.
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from 'oxc-parser'

interface Room {
  /** Rooms below that it may use. */
  readonly rooms: readonly string[]
  /** Packages and node modules; `node:*` allows all of Node's. */
  readonly packages: readonly string[]
  /** Pure rooms may not reach for the machine: no process, no clock, no chance, no network. */
  readonly pure?: true
}

export const house: Readonly<Record<string, Room>> = {
  base: { rooms: [], packages: [] },
  contract: { rooms: ['base'], packages: ['zod', '@orpc/*'] },
  iam: { rooms: ['base'], packages: [], pure: true },
  evidence: { rooms: ['base'], packages: ['node:crypto'], pure: true },
  cases: { rooms: ['base', 'iam'], packages: [], pure: true },
  terminal: { rooms: ['iam'], packages: [], pure: true },
  credentials: { rooms: ['base'], packages: ['node:*', '@aws-sdk/*', '@smithy/*', 'ipaddr.js'] },
  sandbox: { rooms: ['base', 'iam'], packages: ['node:*', 'fast-xml-parser'] },
  storage: { rooms: ['base', 'credentials'], packages: ['node:*', '@aws-sdk/*', '@smithy/*', '@azure/*', 'ipaddr.js'] },
  connection: {
    rooms: ['base', 'contract', 'iam', 'evidence', 'credentials', 'storage'],
    packages: ['node:*', '@aws-sdk/*', '@smithy/*', 'nodemailer'],
  },
  delivery: { rooms: ['base', 'contract', 'evidence', 'credentials', 'storage'], packages: ['node:*', 'croner'] },
  state: {
    rooms: ['base', 'contract', 'evidence', 'connection', 'delivery'],
    packages: ['node:*', 'kysely', 'pg', 'pg-boss'],
  },
  operations: {
    rooms: [
      'base',
      'contract',
      'iam',
      'evidence',
      'cases',
      'terminal',
      'credentials',
      'storage',
      'connection',
      'delivery',
    ],
    packages: ['node:*', 'zod'],
  },
  server: {
    rooms: ['base', 'contract', 'operations'],
    packages: ['node:*', 'zod', 'hono', 'hono/*', '@hono/*', '@orpc/*', 'openid-client'],
  },
  cli: {
    rooms: [
      'base',
      'contract',
      'iam',
      'evidence',
      'credentials',
      'storage',
      'sandbox',
      'connection',
      'delivery',
      'state',
      'operations',
      'server',
    ],
    packages: [
      'node:*',
      'zod',
      'commander',
      'picocolors',
      'pino',
      'prom-client',
      '@opentelemetry/*',
      '@aws-sdk/*',
      '@orpc/*',
      'openid-client',
      'ipaddr.js',
    ],
  },
}

/** The browser door imports the contract alone, and what pages are made of. */
const web: Room = {
  rooms: ['contract'],
  packages: [
    'react',
    'zod',
    'react-dom',
    'react-dom/*',
    '@mantine/*',
    '@tanstack/*',
    '@orpc/*',
    'vite',
    '@vitejs/*',
    'node:*',
  ],
}

/** The repair ticket has no server behind it: it evaluates with the policy language itself. */
const webTicket: Room = { rooms: ['base', 'contract', 'iam'], packages: ['vite', 'node:*'] }

const machine = /\b(?:process\.|Date\.now\(|new Date\(\)|Math\.random\(|globalThis\.fetch|\bfetch\(|performance\.)/
const backDoors = /\b(?:require\(|createRequire\(|getBuiltinModule|eval\(|new Function\()/
const typeImport = /(?<![.\w])import\(\s*['"]([^'"]+)['"]\s*\)/g

/** Says what is wrong with the imports of one file, one line each; nothing when the floors hold. */
export function floorViolations(file: string, source: string): string[] {
  const [top = '', room = ''] = file.split('/')
  const row = top !== 'web' ? house[room] : room === 'ticket' ? webTicket : web
  if (top === 'src' && file.split('/').length === 2) return []
  if (row === undefined) return [`${file}: the folder is not a room of the house`]
  const bare = withoutComments(source)
  const found = importsOf(file, source, bare).flatMap((target) => judge(file, room, row, target))
  if (row.pure === true && machine.test(bare)) found.push(`${file}: a pure room reaches for the machine or the clock`)
  if (top === 'src' && room !== 'cli' && /\bprocess\.env\b/.test(bare))
    found.push(`${file}: only the CLI's main reads the environment`)
  if (top === 'src' && backDoors.test(bare)) found.push(`${file}: loads code past the rule`)
  return found
}

function importsOf(file: string, source: string, bare: string): string[] {
  const parsed = parseSync(file, source)
  const targets = new Set<string>()
  for (const item of parsed.module.staticImports) targets.add(item.moduleRequest.value)
  for (const item of parsed.module.staticExports)
    for (const entry of item.entries) if (entry.moduleRequest) targets.add(entry.moduleRequest.value)
  for (const match of bare.matchAll(typeImport)) if (match[1] !== undefined) targets.add(match[1])
  return [...targets]
}

function judge(file: string, room: string, row: Room, target: string): string[] {
  if (!target.startsWith('.')) {
    const allowed = row.packages.some((name) =>
      name.endsWith('*') ? target.startsWith(name.slice(0, -1)) : target === name,
    )
    return allowed ? [] : [`${file}: the package \`${target}\` is not on this room's list`]
  }
  const resolved = path.posix.join(path.posix.dirname(file), target)
  const [top, other, ...rest] = resolved.split('/')
  if (file.startsWith('web/') && top === 'web') return []
  if (top !== 'src' || other === undefined) return [`${file}: \`${target}\` lies outside the house`]
  if (file.startsWith('src/') && other === room) return []
  if (!row.rooms.includes(other)) return [`${file}: ${room || 'web'} may not use ${other}`]
  return rest.join('/') === 'index.ts' ? [] : [`${file}: \`${target}\` goes past the front door of ${other}`]
}

/** Blanks comments, and only comments; string contents stay, which errs on the side of a finding. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

function main(): void {
  const files = globSync(['src/**/*.ts', 'web/**/*.{ts,tsx}']).filter(
    (file) => !file.endsWith('.test.ts') && !file.includes('/testing/') && !file.includes('node_modules'),
  )
  const found = files.flatMap((file) => floorViolations(file, readFileSync(file, 'utf8')))
  for (const line of found) console.error(line)
  console.log(`floors: ${files.length} files, ${found.length} violations`)
  if (files.length < 20) throw new Error('the floors rule saw almost no files: its glob is broken')
  process.exitCode = found.length === 0 ? 0 : 1
}

if (import.meta.main) main()
