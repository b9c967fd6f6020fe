/** A way to a TCP server that a test can block: bytes stop without a word, as behind a firewall that forgot a connection. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

/** The gate. */
export interface TcpGate {
  readonly port: number
  /** Lets no byte through any more, in either direction; nobody is told. */
  block(): void
  /** New connections pass again; those of before stay silent for ever. */
  unblock(): void
  close(): Promise<void>
}

/** Opens a gate before a port of loopback. */
export async function openGate(target: number): Promise<TcpGate> {
  const sockets = new Set<Socket>()
  let isBlocked = false
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('data', (bytes: Buffer) => {
        // Taken from the one and not given to the other: the connection is half open for good.
        if (isBlocked) mute.add(near)
        if (!mute.has(near)) to.write(bytes)
      })
    }
  })
  const mute = new WeakSet<Socket>()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    block: () => {
      isBlocked = true
    },
    unblock: () => {
      isBlocked = false
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
