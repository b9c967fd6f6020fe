/** `GET /metrics`: numbers for whoever may look at everything else, or who holds the token that is made for this alone. */
import type { Secret } from '../base/index.ts'
import { requireRight } from '../operations/index.ts'
import { type Authentication, authenticate } from './authenticate.ts'
import { isSameToken } from './operator-token.ts'

/** The numbers, and who else may have them. */
export interface ServedMetrics {
  readonly contentType: string
  text(): Promise<string>
  /** For a Prometheus; null: there is none. */
  readonly token: Secret | null
}

/** Answers a request. @throws unauthenticated | forbidden */
export async function answerMetrics(
  metrics: ServedMetrics,
  headers: Headers,
  authentication: Authentication,
): Promise<Response> {
  const presented = /^Bearer (\S{1,500})$/.exec(headers.get('authorization') ?? '')?.[1]
  const hasToken = presented !== undefined && metrics.token !== null && isSameToken(metrics.token, presented)
  if (!hasToken) requireRight(await authenticate(headers, 'GET', authentication), 'service.status')
  return new Response(await metrics.text(), {
    headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' },
  })
}
