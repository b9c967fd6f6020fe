/** An address of its own for the metrics, for a Prometheus that has no token: it knows `/metrics` and nothing else. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DrawbridgeError } from '../base/index.ts'
import type { Metrics } from './metrics.ts'

/** An open door. */
export interface MetricsDoor {
  readonly url: string
  close(): void
}

/**
 * Opens the door.
 * @throws configuration-invalid — the address can not be listened on
 */
export async function openMetricsDoor(
  metrics: Metrics,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<MetricsDoor> {
  const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 8_192 }, (request, response) => {
    const plain = { 'content-type': 'text/plain', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404, plain).end('not found\n')
      return
    }
    metrics.text().then(
      (text) => response.writeHead(200, { ...plain, 'content-type': metrics.contentType }).end(text),
      // The database does not answer: no numbers are better than old ones.
      () => response.writeHead(503, plain).end('the numbers can not be had now\n'),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(refused(host, port, cause)))
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/metrics`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function refused(host: string, port: number, cause: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'configuration-invalid',
    message: `the metrics address \`${host}:${port}\` can not be listened on`,
    operation: 'metrics.listen',
    help: 'choose another one in `metrics.listen`',
    cause,
  })
}
