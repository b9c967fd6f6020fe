/** The parts of the configuration about people: where they sign in, and what their sign-in lets them do. */
import { z } from 'zod'
import { Secret } from '../base/index.ts'
import type { OidcSettings } from '../server/index.ts'
import { secretOf } from './config-files.ts'

const claimValues = z.array(z.string().min(1)).default([])

/** `oidc` in the configuration. */
export const oidc = z
  .strictObject({
    issuer: z.url().describe('The issuer, exactly as its ID tokens say it.'),
    clientId: z.string().min(1).describe('Our client id there.'),
    clientSecretFile: z
      .string()
      .min(1)
      .optional()
      .describe('A file with the client secret; a relative path counts from the data directory.'),
    clientSecret: z.string().min(1).optional().describe('The client secret itself. A file is better.'),
    terminalClientId: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A public client of its own there, for `drawbridge sign-in` at terminals (docs/sign-in.md). Absent: nobody signs in at a terminal.',
      ),
    scopes: z.array(z.string().min(1)).default(['profile']).describe('Scopes to ask for beside `openid`.'),
    allowInsecureLoopback: z
      .boolean()
      .default(false)
      .describe('Lets an issuer on 127.0.0.1 be spoken to over plain http: for trying things out.'),
  })
  .refine(
    (value) => value.clientSecret === undefined || value.clientSecretFile === undefined,
    'give `clientSecret` or `clientSecretFile`, not both',
  )
  .refine(
    (value) => value.terminalClientId !== value.clientId,
    '`terminalClientId` is a client of its own: the web pages have a secret to keep, a terminal has none',
  )

/** `rights` in the configuration. */
export const rights = z.strictObject({
  claim: z.string().min(1).default('groups').describe('The claim of the sign-in that decides.'),
  view: claimValues.describe('Values that may look at everything; `*` is everybody who is signed in.'),
  operate: claimValues.describe('Values that may deliver, verify and diagnose.'),
  connect: claimValues.describe('Values that may change connections and routes.'),
})

/**
 * Makes the server's settings of the `oidc` section; undefined when there is none.
 * @throws configuration-invalid when the secret's file can not be read
 */
export async function oidcSettings(
  config: { readonly oidc?: z.output<typeof oidc> | undefined },
  directory: string,
): Promise<OidcSettings | undefined> {
  const section = config.oidc
  if (section === undefined) return undefined
  const { issuer, clientId, terminalClientId = null, scopes, allowInsecureLoopback } = section
  const secret = await clientSecret(section, directory)
  return { issuer, clientId, terminalClientId, scopes, allowInsecureLoopback, clientSecret: secret }
}

async function clientSecret(section: z.output<typeof oidc>, directory: string): Promise<Secret | null> {
  if (section.clientSecretFile === undefined) {
    return section.clientSecret === undefined ? null : new Secret(section.clientSecret)
  }
  return secretOf(section.clientSecretFile, directory, 'client secret')
}
