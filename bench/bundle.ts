/** Builds the policy language for the browser, in memory, and weighs it. */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'

/** Sizes of one bundle, in bytes. */
export interface BundleSize {
  readonly plainBytes: number
  readonly gzipBytes: number
  /** Modules that were left outside: the action tables. */
  readonly left: readonly string[]
}

const entry = fileURLToPath(new URL('../src/iam/index.ts', import.meta.url))
const tables = /\/src\/iam\/data\/|iam-data/

/** Bundles `src/iam/index.ts`, minified; `withTables` false leaves the action tables outside. */
export async function bundleIam(withTables: boolean): Promise<BundleSize> {
  const left = new Set<string>()
  const outside: Rolldown.Plugin = {
    name: 'leave-tables-outside',
    resolveId: {
      order: 'pre',
      async handler(source, importer) {
        const resolved = await this.resolve(source, importer, { skipSelf: true })
        if (withTables || resolved === null || !tables.test(resolved.id)) return null
        left.add(resolved.id.replace(/^.*\/src\//, 'src/'))
        return { id: resolved.id, external: true }
      },
    },
  }
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [outside],
    build: {
      write: false,
      target: 'es2022',
      // As an application's bundler does it; what a library build leaves (line breaks, indentation) is no code.
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict', output: { format: 'es', minify: true } },
    },
  })
  const [output] = Array.isArray(built) ? built : [built]
  if (output === undefined || !('output' in output)) throw new Error('the bundler built nothing')
  const code = output.output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('')
  if (/from\s*["'`]node:|require\(["'`]node:/.test(code)) throw new Error('the bundle asks for Node')
  return { plainBytes: Buffer.byteLength(code), gzipBytes: gzipSync(code, { level: 9 }).length, left: [...left] }
}
