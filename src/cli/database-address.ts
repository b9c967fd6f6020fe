/** Where PostgreSQL is, as the environment says; read by `main.ts` alone. */
import { DrawbridgeError, Secret } from '../base/index.ts'

/** Where PostgreSQL is. */
export interface DatabaseAddress {
  /** `DATABASE_URL`: as whom processes sign in. */
  readonly url: Secret
  /** `DATABASE_OWNER_URL`: as whom the form of the database is changed; null: nobody said. */
  readonly ownerUrl: Secret | null
}

/** What is read from the environment. */
export interface DatabaseEnvironment {
  readonly url: string | undefined
  readonly ownerUrl: string | undefined
}

/** Reads the address; null: the embedded database. @throws configuration-invalid */
export function databaseAddress({ url, ownerUrl }: DatabaseEnvironment): DatabaseAddress | null {
  if (url === undefined) return null
  return {
    url: postgresUrl('DATABASE_URL', url),
    ownerUrl: ownerUrl === undefined ? null : postgresUrl('DATABASE_OWNER_URL', ownerUrl),
  }
}

function postgresUrl(name: string, text: string): Secret {
  // The rest is read where connections are made: with several hosts it is no URL as others have it.
  if (/^postgres(?:ql)?:\/\//.test(text)) return new Secret(text)
  throw new DrawbridgeError({
    code: 'configuration-invalid',
    message: `${name} is not the address of a PostgreSQL database`,
    operation: 'config.read',
    help: '`postgres://user:password@host:5432/database`; several hosts are separated by commas',
  })
}
