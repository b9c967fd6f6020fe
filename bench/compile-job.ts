/**
 * Compiles the jobs of the delivery benchmark, as the package is compiled: Node's stripping of types keeps a compiler in
 * memory in every thread, which users of the package don't have.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bench = fileURLToPath(new URL('.', import.meta.url))
const modules = join(bench, '..', 'node_modules')

/** Answers the path of the compiled `delivery-job`. It lies below `node_modules`, where it finds what it imports. */
export function compileJob(): string {
  const folder = join(modules, '.cache', 'drawbridge-bench')
  rmSync(folder, { recursive: true, force: true })
  const { status, stdout, error } = spawnSync(join(modules, '.bin', 'tsc'), ['-p', bench, '--outDir', folder], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the jobs can not be compiled: ${error?.message ?? stdout.trim().slice(0, 500)}`)
  copyFileSync(join(bench, '..', 'package.json'), join(folder, 'package.json'))
  return join(folder, 'bench', 'delivery-job.js')
}
