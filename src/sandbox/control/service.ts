/**
 * The sandbox's own endpoint under `/_sandbox/`, for other processes: health, time, faults, history, addresses, keys of
 * identity providers, and the container credentials. It answers on loopback names only, and no page of a browser.
 */
import { isIP } from 'node:net'
import { type Answer, type Call, queryValue, readSmallBody } from '../http/call.ts'
import type { Controls } from './controls.ts'
import { readFaultRules } from './faults.ts'

/** The path under which nothing of AWS lives: no bucket name begins like this. */
export const controlPrefix = '/_sandbox/'

const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]'])
const bodyBytes = 256 * 1024

/** Answers one request to the control endpoint. */
export async function answerControl(controls: Controls, call: Call): Promise<Answer> {
  const host = (call.headers.get('host') ?? '').replace(/:\d+$/, '').toLowerCase()
  // A page that reached us under a name of its own, or from another origin, is not who this is for.
  if (!loopbackNames.has(host) || call.headers.has('origin') || call.headers.has('sec-fetch-site')) {
    return json(403, { error: 'the control endpoint answers local programs only' })
  }
  const path = call.rawPath.slice(controlPrefix.length)
  const role = /^credentials\/([\w+=,.@-]{1,64})$/.exec(path)?.[1]
  if (role !== undefined && call.method === 'GET') return credentials(controls, call, role)
  switch (`${call.method} ${path}`) {
    case 'GET health':
      return json(200, { status: 'ok', accounts: controls.accountIds() })
    case 'GET history':
      return json(200, { entries: controls.history() })
    case 'DELETE history':
      controls.clearHistory()
      return json(200, {})
    case 'DELETE faults':
      controls.setFaults([])
      return json(200, {})
    case 'POST advance':
    case 'POST faults':
    case 'POST issuer-keys':
    case 'POST source-address':
    case 'POST propagation-delay':
    case 'POST clock-skew':
      return await change(controls, call, path)
    default:
      return json(404, { error: 'the control endpoint has nothing of that name' })
  }
}

async function change(controls: Controls, call: Call, path: string): Promise<Answer> {
  let input: unknown
  try {
    input = JSON.parse((await readSmallBody(call, bodyBytes)).toString('utf8'))
  } catch {
    return json(400, { error: 'the body is not JSON, or too long' })
  }
  const fields: Record<string, unknown> = typeof input === 'object' && input !== null ? { ...input } : {}
  if (path === 'advance') {
    const { seconds } = fields
    if (typeof seconds !== 'number' || !(seconds >= 0) || seconds > 1e9)
      return json(400, { error: 'send {"seconds": 3600}' })
    controls.advance(seconds * 1000)
    return json(200, {})
  }
  if (path === 'propagation-delay' || path === 'clock-skew') {
    const { seconds } = fields
    const least = path === 'clock-skew' ? -1e9 : 0
    if (typeof seconds !== 'number' || !(seconds >= least) || seconds > 1e9)
      return json(400, { error: 'send {"seconds": 10}' })
    if (path === 'clock-skew') controls.setClockSkew(seconds * 1000)
    else controls.setPropagationDelay(seconds * 1000)
    return json(200, {})
  }
  if (path === 'faults') {
    const rules = readFaultRules(Array.isArray(input) ? input : fields['rules'])
    if (rules === null)
      return json(400, {
        error: 'send {"rules": [{"match": {"operation": "PutObject"}, "do": {"kind": "slow-down"}}]}',
      })
    controls.setFaults(rules)
    return json(200, {})
  }
  if (path === 'issuer-keys') return issuerKeys(controls, fields)
  const { accountId, address } = fields
  const known = typeof accountId === 'string' && controls.accountIds().includes(accountId)
  if (!known || typeof address !== 'string' || isIP(address) === 0) {
    return json(400, { error: 'send {"accountId": "111111111111", "address": "198.51.100.24"}' })
  }
  controls.setSourceAddress(accountId, address)
  return json(200, {})
}

function issuerKeys(controls: Controls, { issuer, keySet }: Record<string, unknown>): Answer {
  const wanted = 'send {"issuer": "https://login.example.com", "keySet": {"keys": [{"kty": "RSA", …}]}}'
  if (typeof issuer !== 'string' || !URL.canParse(issuer)) return json(400, { error: wanted })
  try {
    controls.setIssuerKeys(issuer, keySet)
  } catch (cause) {
    if (cause instanceof TypeError) return json(400, { error: wanted })
    throw cause
  }
  return json(200, {})
}

/** The form of a container's credentials endpoint. @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
function credentials(controls: Controls, call: Call, role: string): Answer {
  const found = controls.containerCredentials(queryValue(call, 'account') ?? null, role)
  if (found === null) return json(404, { code: 'NotFound', message: 'no role of that name in the account' })
  return json(200, {
    RoleArn: found.roleArn,
    AccessKeyId: found.accessKeyId,
    SecretAccessKey: found.secretAccessKey,
    Token: found.sessionToken,
    Expiration: found.expiresAt.toISOString(),
  })
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}
