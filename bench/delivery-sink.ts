/**
 * Starts the store that benchmarks deliver to: `sink.c`, compiled on the spot, or a plain Node server where there is no
 * compiler. Neither keeps a byte.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A running sink. */
export interface Sink {
  readonly endpoint: string
  /** For the output: a slow sink flatters every ratio. */
  readonly description: string
  close(): Promise<void>
}

const source = fileURLToPath(new URL('sink.c', import.meta.url))

/** Starts the fastest sink that this machine can have; `directory` takes the compiled program. */
export async function startSink(directory: string): Promise<Sink> {
  const program = join(directory, 'sink')
  const compiled = spawnSync('gcc', ['-O2', '-o', program, source])
  return compiled.status === 0 ? await startProgram(program) : await startServer()
}

async function startProgram(program: string): Promise<Sink> {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()))
    child.once('exit', () => reject(new Error('the sink ended before it listened')))
  })
  return {
    endpoint: `http://127.0.0.1:${port}`,
    description: 'sink.c: one thread, epoll, bodies discarded in the kernel',
    async close() {
      child.stdin.end()
      await ended
    },
  }
}

const answers: readonly [method: string, query: RegExp, body: string][] = [
  ['POST', /^\?uploads/, '<InitiateMultipartUploadResult><UploadId>sink</UploadId></InitiateMultipartUploadResult>'],
  ['GET', /uploads/, '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>'],
]

async function startServer(): Promise<Sink> {
  const server = createServer((request, response) => {
    const query = request.url?.replace(/^[^?]*/, '') ?? ''
    const crc = request.headers['x-amz-checksum-crc32']
    const sha = request.headers['x-amz-checksum-sha256']
    request.resume().once('end', () => {
      const [, , fixed] = answers.find(([method, pattern]) => method === request.method && pattern.test(query)) ?? []
      const whole = `<ChecksumCRC32>${crc}</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>`
      const completed = `<CompleteMultipartUploadResult><Key>k</Key><ETag>"0-1"</ETag>${crc === undefined ? '' : whole}</CompleteMultipartUploadResult>`
      const taken = request.headers['x-ms-version'] === undefined ? 200 : 201
      response.writeHead(request.method === 'HEAD' ? 404 : taken, {
        etag: '"0123456789abcdef0123456789abcdef"',
        ...(crc === undefined ? {} : { 'x-amz-checksum-crc32': crc }),
        ...(sha === undefined ? {} : { 'x-amz-checksum-sha256': sha }),
      })
      response.end(fixed ?? (request.method === 'POST' ? completed : undefined))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    description: 'NODE SINK (no gcc here): slower than sink.c, which flatters every ratio below',
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
