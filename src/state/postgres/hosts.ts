/**
 * The servers of one database: a primary and those that may take its place. A connection is made to the one that served
 * last; when that one is gone, or has become a standby, to the next of the list, in turn. Only a server that can be
 * written to is worked with, as libpq has it with `target_session_attrs=read-write`.
 */
import pg from 'pg'
import { DrawbridgeError, Secret } from '../../base/index.ts'

/** What pg's pool calls a client when it has made one. */
type Connected = ((error: Error) => void) | ((error: null, client: pg.Client) => void)

/** Makes clients for one of the servers. */
export type ClientClass = new (config?: pg.ClientConfig) => pg.Client

/**
 * Reads `postgres://user:password@one:5432,two:5432/database`: an address for each server, in their order; null: this is
 * no such address, or it asks for servers that can not be written to.
 * @see https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 */
export function addressesOf(url: string): readonly string[] | null {
  const [, scheme, authority = '', rest = ''] = /^(postgres(?:ql)?):\/\/([^/?#]*)(.*)$/s.exec(url) ?? []
  if (scheme === undefined) return null
  const people = authority.slice(0, authority.lastIndexOf('@') + 1)
  const addresses: string[] = []
  for (const host of authority.slice(people.length).split(',')) {
    const address = URL.parse(`${scheme}://${people}${host}${rest}`)
    if (address === null) return null
    const wanted = address.searchParams.get('target_session_attrs')
    if (wanted !== null && wanted !== 'read-write' && wanted !== 'primary') return null
    address.searchParams.delete('target_session_attrs')
    addresses.push(address.href)
  }
  return addresses
}

/** The servers, and which of them serves. Shared by all connections of a process. */
export class Hosts {
  readonly #addresses: readonly Secret[]
  #serving = 0

  /** @throws configuration-invalid */
  constructor(url: Secret) {
    const addresses = addressesOf(url.reveal())
    if (addresses === null) throw unreadable()
    this.#addresses = addresses.map((address) => new Secret(address))
  }

  /** How many there are. */
  get count(): number {
    return this.#addresses.length
  }

  /** Makes one client; not connected yet. */
  client(config: pg.ClientConfig): pg.Client {
    return new (this.clientClass())(config)
  }

  /** A class whose clients go to the server that serves when they are made, and turn to the next when it does not. */
  clientClass(): ClientClass {
    const serving = (): number => this.#serving
    const address = (): string => this.#addresses[this.#serving]?.reveal() ?? ''
    const leave = (index: number): void => {
      // Another connection may have turned to the next already.
      if (this.#serving === index) this.#serving = (index + 1) % this.count
    }
    return class extends pg.Client {
      readonly #server = serving()

      constructor(config?: pg.ClientConfig) {
        super({ ...config, connectionString: address() })
        // Whoever uses the connection hears by its query; nobody listens between two.
        this.on('error', () => {})
      }

      override connect(): Promise<pg.Client>
      override connect(callback: Connected): void
      override connect(callback?: Connected): Promise<pg.Client> | undefined {
        const connected = this.#connect()
        if (callback === undefined) return connected
        const call = callback as (error: Error | null, client?: pg.Client) => void
        connected.then(
          (client) => call(null, client),
          (error: Error) => call(error),
        )
        return undefined
      }

      async #connect(): Promise<pg.Client> {
        try {
          await super.connect()
          await assertWritable(this)
          return this
        } catch (error) {
          leave(this.#server)
          throw error
        }
      }
    }
  }
}

/** Turns a standby away, on which every write would fail. */
async function assertWritable(client: pg.Client): Promise<void> {
  try {
    const { rows } = await client.query<{ transaction_read_only: string }>('show transaction_read_only')
    if (rows[0]?.transaction_read_only === 'off') return
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
  await client.end().catch(() => {})
  throw new DrawbridgeError({
    code: 'database-unavailable',
    message: 'the database is a standby, or may not be written to',
    retry: 'later',
    operation: 'state.database',
    help: 'name every server of the database in DATABASE_URL, or an address that always leads to the primary',
  })
}

function unreadable(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'configuration-invalid',
    message: 'the address of the PostgreSQL database can not be read',
    operation: 'state.open',
    help: '`postgres://user:password@one:5432,two:5432/database`; `target_session_attrs` may be `read-write` and nothing else',
  })
}
