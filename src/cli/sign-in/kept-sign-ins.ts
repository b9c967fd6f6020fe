/**
 * Sign-ins of this person at this machine: one for each server, in a file that its owner alone may read. Whoever changes
 * it holds a lock file meanwhile, because a refresh token is used up by whoever comes first.
 */
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { type Clock, DrawbridgeError } from '../../base/index.ts'

const signIn = z.object({
  issuer: z.url(),
  clientId: z.string(),
  subject: z.string(),
  displayName: z.string().optional(),
  idToken: z.string(),
  expiresAt: z.iso.datetime(),
  refreshToken: z.string().optional(),
})

/** One sign-in. Its tokens are secrets: they go into the file and onto the wire, and nowhere else. */
export type SignIn = z.infer<typeof signIn>

const file = z.object({ signIns: z.record(z.string(), signIn) })

const lockMilliseconds = 20_000
const pollMilliseconds = 100

/** The sign-ins in one file. */
export class KeptSignIns {
  readonly #path: string
  readonly #clock: Clock

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  /** Finds the sign-in for a server; null when there is none, or when the file is not ours to understand. */
  async of(server: string): Promise<SignIn | null> {
    return (await this.#read())[server] ?? null
  }

  /** Changes the sign-in for a server while nobody else does: gives what it is now, and keeps what comes back; null removes it. */
  async change(server: string, work: (now: SignIn | null) => Promise<SignIn | null>): Promise<SignIn | null> {
    const release = await this.#lock()
    try {
      const all = await this.#read()
      const next = await work(all[server] ?? null)
      const { [server]: _before, ...others } = all
      await this.#write(next === null ? others : { ...others, [server]: next })
      return next
    } finally {
      await release()
    }
  }

  async #read(): Promise<Readonly<Record<string, SignIn>>> {
    const text = await readFile(this.#path, 'utf8').catch(() => '{}')
    try {
      const parsed = file.safeParse(JSON.parse(text))
      return parsed.success ? parsed.data.signIns : {}
    } catch {
      return {}
    }
  }

  async #write(signIns: Readonly<Record<string, SignIn>>): Promise<void> {
    const next = `${this.#path}.new`
    await this.#guarded(async () => {
      await rm(next, { force: true })
      await writeFile(next, `${JSON.stringify({ signIns }, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
      await rename(next, this.#path)
    })
  }

  /** A lock that was left behind by a process that is gone is taken over when it is old. */
  async #lock(): Promise<() => Promise<void>> {
    const path = `${this.#path}.lock`
    await this.#guarded(() => mkdir(dirname(path), { recursive: true, mode: 0o700 }))
    for (const begun = this.#clock.now().getTime(); ; ) {
      const handle = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return null
        throw unwritable(path, error)
      })
      if (handle !== null) {
        await handle.close()
        return () => rm(path, { force: true })
      }
      const age = await stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      )
      if (age > lockMilliseconds) await rm(path, { force: true })
      else if (this.#clock.now().getTime() - begun > lockMilliseconds) throw unwritable(path, undefined)
      await this.#clock.sleep(pollMilliseconds)
    }
  }

  async #guarded(work: () => Promise<unknown>): Promise<void> {
    await work().catch((cause: unknown) => {
      throw unwritable(this.#path, cause)
    })
  }
}

function unwritable(path: string, cause: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'disk-full',
    message: `the sign-in can not be kept: \`${path}\` can not be written`,
    operation: 'sign-in',
    help: 'is its folder writable, and is there room? `XDG_CONFIG_HOME` names another',
    cause,
  })
}
