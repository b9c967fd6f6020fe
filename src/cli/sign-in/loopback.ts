/** Where the provider's answer arrives: a server on loopback that lives as long as one sign-in. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DrawbridgeError } from '../../base/index.ts'

/** One answer that is awaited. */
export interface AwaitedAnswer {
  readonly redirectUri: string
  /** The address that the browser was sent back to. @throws cancelled when nobody comes in five minutes, or Ctrl-C */
  readonly arrived: Promise<URL>
  /** Tells the person in the browser that it worked; without it the page says that it did not. */
  thank(): void
  close(): Promise<void>
}

const waitMilliseconds = 5 * 60_000

/** Begins to listen on a free port of 127.0.0.1. */
export async function listenForAnswer(signal: AbortSignal): Promise<AwaitedAnswer> {
  let waiting: ServerResponse | null = null
  let arrive: (url: URL) => void = () => {}
  let giveUp: (reason: Error) => void = () => {}
  const arrived = new Promise<URL>((resolve, reject) => {
    arrive = resolve
    giveUp = reject
  })
  // Whoever closes without having waited must not leave a rejection behind that nobody looks at.
  arrived.catch(() => {})
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', redirectUri)
    const isAnswer = request.method === 'GET' && url.pathname === '/callback' && waiting === null
    if (!isAnswer) {
      response.writeHead(404).end()
      return
    }
    waiting = response
    arrive(url)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  const stop = (): void => giveUp(nobodyCame())
  const timer = setTimeout(stop, waitMilliseconds)
  signal.addEventListener('abort', stop, { once: true })
  const say = (text: string): void => {
    waiting?.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      connection: 'close',
    })
    waiting?.end(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>Drawbridge</title><h1>${text}</h1></html>`,
    )
    waiting = null
  }
  return {
    redirectUri,
    arrived,
    thank: () => say('You are signed in. Go back to the terminal.'),
    close: async () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      say('Signing in did not work. The terminal says why.')
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      })
    },
  }
}

function nobodyCame(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'cancelled',
    message: 'nobody came back from the identity provider',
    operation: 'sign-in',
    help: 'try again; `--device` signs in with a browser on another machine',
  })
}
