/**
 * A TCP proxy that breaks connections: it forwards bytes between a client and a server on loopback, and does to chosen
 * requests what networks do. It knows of HTTP only where a request begins and where its head ends.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What happens to a request. */
export type ProxyFault =
  /** The connection is reset after so many bytes of the request. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** The whole request arrives, and of the answer nothing. */
  | { readonly kind: 'drop-answer' }
  /** After so many bytes nothing moves any more, in either direction, and nobody says so. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** The request moves at this rate. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** The request arrives in pieces of a few bytes. */
  | { readonly kind: 'slice'; readonly pieceBytes: number }
  /** One bit of the body is another one when it arrives. */
  | { readonly kind: 'flip'; readonly atBodyByte: number }
  /** The answer ends after so many bytes. */
  | { readonly kind: 'truncate-answer'; readonly afterBytes: number }
  /** The answer says something else. */
  | { readonly kind: 'rewrite-answer'; readonly from: RegExp; readonly to: string }

/** Which requests: those whose request line matches, from the `nth` on (1 unless said otherwise), `times` of them (1). */
export interface ProxyRule {
  readonly line: RegExp
  readonly nth?: number
  readonly times?: number
  readonly fault: ProxyFault
}

/** A running proxy. */
export interface FaultProxy {
  readonly endpoint: string
  /** How many requests were hit by a rule. */
  readonly hits: number
  /** Puts these rules in the place of the others. */
  setRules(rules: readonly ProxyRule[]): void
  close(): Promise<void>
}

/** Starts a proxy before `upstream`, `http://127.0.0.1:port`. */
export async function startFaultProxy(upstream: string): Promise<FaultProxy> {
  const target = new URL(upstream)
  let rules: { readonly rule: ProxyRule; seen: number }[] = []
  let hits = 0
  const sockets = new Set<Socket>()
  const take = (line: string): ProxyFault | null => {
    for (const active of rules) {
      const { line: wanted, nth = 1, times = 1 } = active.rule
      if (!wanted.test(line)) continue
      active.seen++
      if (active.seen < nth || active.seen >= nth + times) continue
      hits++
      return active.rule.fault
    }
    return null
  }
  const server = createServer((client) => {
    const onward = connect(Number(target.port), target.hostname)
    for (const socket of [client, onward]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.once('close', () => sockets.delete(socket))
    }
    new Exchange(client, onward, take)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get hits() {
      return hits
    },
    setRules(next) {
      rules = next.map((rule) => ({ rule, seen: 0 }))
      hits = 0
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

const requestLine = /^(?:GET|PUT|POST|DELETE|HEAD) [^\r\n]* HTTP\/1\.1\r\n/u

/** One connection of a client with the one that carries it on. */
class Exchange {
  readonly #client: Socket
  readonly #server: Socket
  readonly #take: (line: string) => ProxyFault | null
  #fault: ProxyFault | null = null
  /** Bytes of the present request, and of them the head; -1 while it has not ended. */
  #sent = 0
  #headBytes = -1
  #answered = 0
  #isStalled = false

  constructor(client: Socket, server: Socket, take: (line: string) => ProxyFault | null) {
    this.#client = client
    this.#server = server
    this.#take = take
    client.on('data', (chunk: Buffer) => void this.#forward(chunk))
    server.on('data', (chunk: Buffer) => this.#answer(chunk))
    client.once('end', () => server.end())
    server.once('end', () => client.end())
    client.once('close', () => server.destroy())
    server.once('close', () => client.destroy())
  }

  async #forward(chunk: Buffer): Promise<void> {
    const line = requestLine.exec(chunk.subarray(0, 4096).toString('latin1'))?.[0]
    if (line !== undefined) {
      this.#fault = this.#take(line)
      this.#sent = 0
      this.#answered = 0
      this.#headBytes = -1
    }
    if (this.#isStalled) return
    const fault = this.#fault
    const before = this.#sent
    this.#sent += chunk.length
    if (fault?.kind === 'reset' && this.#sent > fault.afterBytes) {
      this.#server.write(chunk.subarray(0, Math.max(0, fault.afterBytes - before)))
      this.#server.destroy()
      this.#client.resetAndDestroy()
    } else if (fault?.kind === 'stall' && this.#sent > fault.afterBytes) {
      this.#isStalled = true
      this.#client.pause()
      this.#server.write(chunk.subarray(0, Math.max(0, fault.afterBytes - before)))
    } else if (fault?.kind === 'slow') await this.#inPieces(chunk, Math.ceil(fault.bytesPerSecond / 20), 50)
    else if (fault?.kind === 'slice') await this.#inPieces(chunk, fault.pieceBytes, 0)
    else this.#pass(fault?.kind === 'flip' ? this.#flipped(chunk, before, fault.atBodyByte) : chunk)
  }

  #pass(chunk: Buffer): void {
    if (this.#server.write(chunk)) return
    this.#client.pause()
    this.#server.once('drain', () => this.#client.resume())
  }

  async #inPieces(chunk: Buffer, pieceBytes: number, pauseMs: number): Promise<void> {
    this.#client.pause()
    for (let at = 0; at < chunk.length && !this.#server.destroyed; at += pieceBytes) {
      this.#server.write(chunk.subarray(at, at + pieceBytes))
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    this.#client.resume()
  }

  #flipped(chunk: Buffer, before: number, atBodyByte: number): Buffer {
    if (this.#headBytes < 0) {
      const end = chunk.indexOf('\r\n\r\n')
      if (end < 0) return chunk
      this.#headBytes = before + end + 4
    }
    const at = this.#headBytes + atBodyByte - before
    if (at < 0 || at >= chunk.length) return chunk
    const flipped = Buffer.from(chunk)
    flipped[at] = (flipped[at] ?? 0) ^ 1
    return flipped
  }

  #answer(chunk: Buffer): void {
    const fault = this.#fault
    const before = this.#answered
    this.#answered += chunk.length
    // `100 Continue` is no answer yet.
    const isInterim = chunk.subarray(0, 12).toString('latin1') === 'HTTP/1.1 100' && chunk.length < 64
    if (this.#isStalled) return
    if (isInterim) {
      this.#answered = before
      this.#client.write(chunk)
    } else if (fault?.kind === 'drop-answer') {
      this.#client.resetAndDestroy()
      this.#server.destroy()
    } else if (fault?.kind === 'truncate-answer' && this.#answered > fault.afterBytes) {
      this.#client.end(chunk.subarray(0, Math.max(0, fault.afterBytes - before)))
      this.#server.destroy()
    } else if (fault?.kind === 'rewrite-answer') {
      this.#client.write(Buffer.from(chunk.toString('latin1').replace(fault.from, fault.to), 'latin1'))
    } else this.#client.write(chunk)
  }
}
