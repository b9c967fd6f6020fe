/** The part of the configuration about mail: its schema, and the mail server and recipients that are made of it. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { MailRecipient, MailServer } from '../connection/index.ts'
import { invalid, secretOf } from './config-files.ts'

/** `alerts.mail` in the configuration. */
export const mail = z
  .strictObject({
    host: z.string().min(1).max(255).describe('The mail server.'),
    port: z.number().int().min(1).max(65_535).default(587).describe('Its port.'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe(
        '`starttls` and `implicit` demand encryption; `none` is for a server on this machine, without a password.',
      ),
    caFile: z.string().min(1).optional().describe('Certificates in PEM form to trust, for a server of your own.'),
    user: z.string().min(1).optional().describe('The name to sign in with.'),
    passwordFile: z
      .string()
      .min(1)
      .optional()
      .describe('The file with the password; a relative path counts from the data directory.'),
    from: z.email().describe('The sender’s address.'),
    to: z
      .array(
        z.strictObject({
          address: z.email(),
          connections: z.array(z.string().min(1)).min(1).optional(),
        }),
      )
      .min(1)
      .max(50)
      .describe('The recipients: `address`, and `connections` where it shall not be told of all.'),
  })
  .refine(
    ({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined),
    'give `user` and `passwordFile`, or neither',
  )
  .refine(
    ({ tls, user }) => tls !== 'none' || user === undefined,
    'a password does not travel in the clear: set `tls` to `starttls` or `implicit`',
  )

interface Mail {
  readonly server: MailServer
  readonly recipients: readonly MailRecipient[]
}

/**
 * Reads the mail server with its password; null when none is configured.
 * @throws configuration-invalid when a file can not be read
 */
export async function mailOf(
  { alerts }: { readonly alerts: { readonly mail?: z.output<typeof mail> | undefined } },
  directory: string,
): Promise<Mail | null> {
  const section = alerts.mail
  if (section === undefined) return null
  const { host, port, tls, caFile, user, passwordFile, from, to } = section
  const trusted = caFile === undefined ? undefined : await certificates(resolve(directory, caFile))
  const password = passwordFile === undefined ? undefined : await secretOf(passwordFile, directory, 'mail password')
  return {
    server: {
      host,
      port,
      tls,
      from,
      ...(trusted === undefined ? {} : { trustedCertificates: trusted }),
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
    },
    recipients: to.map(({ address, connections }) => ({
      address,
      ...(connections === undefined ? {} : { connections }),
    })),
  }
}

async function certificates(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw invalid(`the mail server's certificates \`${path}\` can not be read`, undefined, cause)
  })
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw invalid(`\`${path}\` holds no certificate in PEM form`, undefined, undefined)
  }
  return text
}
