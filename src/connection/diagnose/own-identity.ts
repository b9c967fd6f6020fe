/** Causes on our own side, before anything was asked of anybody: no AWS identity, or an ID token that can not be sent. */
import type { DrawbridgeError } from '../../base/index.ts'
import type { Cause } from '../../contract/index.ts'

/** The cause of an error that our own side ended in; none for every other error. It says itself what is wrong. */
export function ownIdentityCauses(error: DrawbridgeError): Cause[] {
  if (error.code !== 'no-base-identity') return []
  return [
    {
      id: error.operation === 'identity-token.load' ? 'token-unusable' : 'base-credentials-missing',
      confidence: 'likely',
      link: 'base-identity',
      summary: error.message,
      because: ['nothing was sent: our own side has nothing to prove who we are'],
      repairs: [{ side: 'ours', summary: error.help, opens: 'nothing else', proved: false }],
    },
  ]
}
