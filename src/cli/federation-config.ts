/** The part of the configuration about ID tokens of ours: its schema, and the source of tokens that is made of it. */
import { resolve } from 'node:path'
import { z } from 'zod'
import type { Clock, Random } from '../base/index.ts'
import { type IdentityTokens, issuedTokens, projectedTokens, readSigningKey } from '../credentials/index.ts'
import { invalid, secretOf } from './config-files.ts'

/** `webIdentity` in the configuration. */
export const webIdentity = z
  .strictObject({
    issuer: z
      .url({ protocol: /^https$/ })
      .refine((text) => !/[?#]|\/$/.test(text), 'no query, no fragment, and no slash at its end')
      .optional()
      .describe('We sign the tokens: the https address below which our keys are published.'),
    keyFiles: z
      .array(z.string().min(1))
      .min(1)
      .max(5)
      .optional()
      .describe('With `issuer`: private keys in PEM form, RSA or P-256. The first signs; all are published.'),
    audience: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('With `issuer`: the audience of our tokens; `sts.amazonaws.com` unless said otherwise.'),
    tokenFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A platform makes the tokens: the file that it renews. `{connection}` stands for the connection’s name.',
      ),
    otherTokenFiles: z
      .array(z.string().min(1))
      .min(1)
      .max(4)
      .optional()
      .describe(
        'With `tokenFile`: further tokens of the platform, for another audience or of another subject. Verification tries that roles refuse them.',
      ),
  })
  .refine(
    ({ issuer, keyFiles, audience, tokenFile, otherTokenFiles }) =>
      tokenFile === undefined
        ? issuer !== undefined && keyFiles !== undefined && otherTokenFiles === undefined
        : issuer === undefined && keyFiles === undefined && audience === undefined,
    'give `issuer` and `keyFiles`, or `tokenFile`, alone or with `otherTokenFiles`',
  )

/**
 * Makes the source of our ID tokens; null when there is none.
 * @throws configuration-invalid when a key's file can not be read or used
 */
export async function identityTokensOf(
  config: { readonly tenant: string; readonly webIdentity?: z.output<typeof webIdentity> | undefined },
  directory: string,
  around: { readonly clock: Clock; readonly random: Random },
): Promise<IdentityTokens | null> {
  const section = config.webIdentity
  if (section === undefined) return null
  const { issuer, keyFiles = [], audience = 'sts.amazonaws.com', tokenFile, otherTokenFiles = [] } = section
  if (tokenFile !== undefined) {
    const otherFiles = otherTokenFiles.map((file) => resolve(directory, file))
    return projectedTokens({ file: resolve(directory, tokenFile), otherFiles, clock: around.clock })
  }
  const keys = await Promise.all(
    keyFiles.map(async (file) => {
      const read = readSigningKey(await secretOf(file, directory, 'signing key'))
      if (read.ok) return read.value
      throw invalid(
        `the signing key in \`${file}\` can not be used: ${read.error}`,
        'make one: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`',
        undefined,
      )
    }),
  )
  const { tenant } = config
  return issuedTokens({ issuer: issuer ?? '', audience, tenant, keys, ...around })
}
