/** The bearer of whoever signed in at this terminal: fresh enough for the next call, renewed when it is not. */
import { DrawbridgeError, systemClock } from '../../base/index.ts'
import { KeptSignIns, type SignIn } from './kept-sign-ins.ts'
import { TerminalClient } from './terminal-client.ts'

/** A token that ends sooner is renewed before it is used. */
const spareMilliseconds = 60_000

/**
 * Gives the bearer for a server; null when nobody signed in to it here.
 * @param file where sign-ins are kept
 * @throws unauthenticated — the sign-in is over; unavailable — the provider does not answer
 */
export async function bearerFor(file: string, server: string): Promise<string | null> {
  const kept = new KeptSignIns(file, systemClock)
  const now = await kept.of(server)
  if (now === null || isFresh(now)) return now?.idToken ?? null
  const then = await kept.change(server, async (current) => {
    // Another process may have renewed it while this one waited for its turn.
    if (current === null || isFresh(current)) return current
    const { issuer, clientId } = current
    const renewed = await (await TerminalClient.discover({ issuer, clientId, scopes: [] })).refresh(current)
    // What can not be renewed stays: the next command must not quietly act as somebody else.
    return renewed ?? current
  })
  if (then === null || Date.parse(then.expiresAt) > systemClock.now().getTime()) return then?.idToken ?? null
  throw new DrawbridgeError({
    code: 'unauthenticated',
    message: `the sign-in of ${now.displayName ?? now.subject} has expired`,
    operation: 'sign-in',
    help: '`drawbridge sign-in` begins a new one; `drawbridge sign-out` goes on without',
  })
}

function isFresh({ expiresAt }: SignIn): boolean {
  return Date.parse(expiresAt) - systemClock.now().getTime() > spareMilliseconds
}
