#!/usr/bin/env node
/**
 * Starts Drawbridge under the Node.js it needs. This file is plain JavaScript that an older Node.js reads too: under one
 * it hands over to the Node.js 24 that came with the package for this platform, passing signals and the exit code on.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const neededMajor = 24
const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The compiled program of a package, or the sources of a checkout, which Node.js 24 runs as they are. */
function programPath() {
  const sources = join(root, 'src', 'cli', 'main.ts')
  return existsSync(sources) ? sources : join(root, 'dist', 'cli', 'main.js')
}

/** The Node.js that came with the package, or null where there is none for this platform. */
function packagedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const names = [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]
  const require = createRequire(import.meta.url)
  for (const name of names) {
    try {
      const home = dirname(require.resolve(`${name}/package.json`))
      const binary = join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
      if (existsSync(binary)) return binary
    } catch {
      // Not for this platform: the next name.
    }
  }
  return null
}

/** Runs the program under another Node.js. `spawnSync` would orphan the child at SIGTERM. */
function handOver(node) {
  const child = spawn(node, [programPath(), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C reaches the whole group by itself; only one sent to this process alone has to be passed on.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    process.stderr.write(`error: can not start \`${node}\`: ${error.message}\n`)
    process.exitCode = 7
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code === null ? 70 : code
    else process.exitCode = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal] || 70
  })
}

const major = Number(process.versions.node.split('.')[0])
if (major >= neededMajor) {
  await import(pathToFileURL(programPath()).href)
} else {
  const node = packagedNode()
  if (node === null) {
    process.stderr.write(
      `error: drawbridge needs Node.js ${neededMajor}, and this is ${process.versions.node}\n` +
        `hint: install Node.js ${neededMajor}, or install drawbridge with its optional dependencies\n`,
    )
    process.exitCode = 7
  } else {
    handOver(node)
  }
}
