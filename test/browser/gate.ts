/** A way through which bytes go, until so many have gone on one connection: then it is shut until it is opened. */

import type { AddressInfo } from 'node:net'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'

export interface Gate {
  /** Where to connect instead of to the target. */
  readonly url: string
  /** Lets everything through from now on. */
  open(): void
  close(): Promise<void>
}

/** Puts a gate before `target`; each connection passes `freeBytes` upwards before it waits. */
export async function startGate(target: string, freeBytes: number): Promise<Gate> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const waiting = new Set<() => void>()
  let isOpen = false
  const server: Server = createServer((inner) => {
    const outer = dial(Number(port), hostname)
    let passed = 0
    for (const socket of [inner, outer]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      // The other end sees the same end.
      socket.on('error', () => {
        inner.destroy()
        outer.destroy()
      })
    }
    inner.on('data', (chunk: Buffer) => {
      passed += chunk.length
      const mustDrain = !outer.write(chunk)
      if (!isOpen && passed > freeBytes) {
        inner.pause()
        waiting.add(() => inner.resume())
      } else if (mustDrain) {
        inner.pause()
        outer.once('drain', () => inner.resume())
      }
    })
    inner.on('end', () => outer.end())
    outer.pipe(inner)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => {
      isOpen = true
      for (const resume of waiting) resume()
      waiting.clear()
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
