/** One table, three doors: every row has its handler, its route and its command, and no door has anything else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiPrefix, type Operation, type OperationName, operations, remoteOperationNames } from '../contract/index.ts'
import { handlers } from '../operations/index.ts'
import { startTestServer, type TestServer } from '../server/testing/test-server.ts'
import { makeProgram, startingCommands } from './program.ts'
import { findCommand, referencePages } from './testing/reference-pages.ts'

const names = Object.keys(operations) as OperationName[]
const rows: readonly Operation[] = names.map((name) => operations[name])

describe('every operation', () => {
  it('is named as its key says, and has a handler', () => {
    expect(rows.map(({ name }) => name)).toEqual(names)
    expect(Object.keys(handlers).sort()).toEqual([...names].sort())
  })

  it('has a door', () => {
    expect(rows.filter((row) => row.http === undefined && row.cli === undefined)).toEqual([])
  })
})

describe('the terminal', () => {
  const program = makeProgram(async () => {})

  it('has the commands of the table and those that start something, and no other', () => {
    const wanted = [...rows.flatMap((row) => (row.cli === undefined ? [] : [row.cli])), ...startingCommands]
    expect(leaves(program).sort()).toEqual(wanted.map(({ words }) => words.join(' ')).sort())
  })

  it.each(rows.flatMap((row) => (row.cli === undefined ? [] : [[row.cli.words.join(' '), row] as const])))(
    '`%s` has its summary, --json and its example',
    (_words, row) => {
      const command = findCommand(program, row.cli?.words ?? [])
      expect(command?.description()).toBe(row.summary)
      expect(command?.options.map((option) => option.long)).toContain('--json')
      expect(helpOf(command)).toContain(row.cli?.example)
    },
  )

  it('takes its own examples', async () => {
    for (const { cli } of rows) {
      if (cli === undefined) continue
      let started = 0
      // As a shell reads it: what stands in quotes is one word.
      const words = [...cli.example.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word).slice(1)
      await makeProgram(async () => {
        started++
      }).parseAsync(words, { from: 'user' })
      expect([cli.example, started]).toEqual([cli.example, 1])
    }
  })
})

describe('the server', () => {
  let house: TestServer

  beforeAll(async () => {
    house = await startTestServer()
  })

  afterAll(() => house.close())

  it.each(remoteOperationNames())('answers `%s` at its method and path', async (name) => {
    const row: Operation = operations[name]
    const path = (row.http?.path ?? '').replace(/\{\w+\}/g, 'no-such-thing')
    const hasBody = row.http?.method !== 'GET' && row.http?.method !== 'DELETE'
    const response = await fetch(`${house.server.url}${apiPrefix}${path}`, {
      method: row.http?.method ?? 'GET',
      headers: {
        authorization: `Bearer ${house.server.token}`,
        ...(hasBody ? { 'content-type': 'application/json' } : {}),
      },
      ...(hasBody ? { body: '{}' } : {}),
    })
    const text = await response.text()
    // An address that no operation has is answered with these words; a missing connection with its own.
    expect(text).not.toContain('there is nothing at')
    expect(house.faults).toEqual([])
  })

  it('describes those operations, the upload, and nothing else', async () => {
    const document = (await (await fetch(`${house.server.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { operationId: string }>>
    }
    const described = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((operation) => operation.operationId),
    )
    expect(described.sort()).toEqual([...remoteOperationNames(), 'upload'].sort())
    for (const name of remoteOperationNames()) {
      const { http }: Operation = operations[name]
      expect(document.paths[http?.path ?? '']?.[http?.method.toLowerCase() ?? '']?.operationId).toBe(name)
    }
  })

  it('has nothing at any other address of the API', async () => {
    const headers = { authorization: `Bearer ${house.server.token}` }
    for (const path of ['', '/', '/connections/x/y/z', '/receipts', '/policy/evaluate']) {
      const response = await fetch(`${house.server.url}${apiPrefix}${path}`, { headers })
      expect([path, response.status]).toEqual([path, 404])
    }
  })
})

describe('the reference pages', () => {
  it.each(Object.entries(referencePages()))('docs/%s says what the program does', (name, text) => {
    const written = readFileSync(join(import.meta.dirname, '..', '..', 'docs', name), 'utf8')
    // `node scripts/write-pages.ts` writes them anew.
    expect(written).toBe(text)
  })
})

function leaves(command: Command, words: readonly string[] = []): string[] {
  if (command.commands.length === 0) return [words.join(' ')]
  return command.commands.flatMap((child) => leaves(child, [...words, child.name()]))
}

/** The whole help, with what was added after it, in one line. */
function helpOf(command: Command | null): string {
  let text = ''
  command?.configureOutput({
    writeOut: (part) => {
      text += part
    },
  })
  command?.outputHelp()
  return text
}
