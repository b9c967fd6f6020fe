/**
 * The configuration of a deployment: one documented schema, read in one place. docs/configuration.md is made from it.
 * What the environment may say (data directory, server address, colours) is read by `main.ts` alone.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import type { Secret } from '../base/index.ts'
import type { Webhook } from '../connection/index.ts'
import { inputInvalid } from '../operations/index.ts'
import { invalid, secretOf } from './config-files.ts'
import { webIdentity } from './federation-config.ts'
import { mail } from './mail-config.ts'
import { oidc, rights } from './people-config.ts'

const cidr = z.string().refine((text) => ipaddr.isValidCIDR(text), 'an address range such as `203.0.113.0/24`')
/** The schema of `config.json`. Unknown members are refused: a misspelt one would silently do nothing. */
export const configSchema = z.strictObject({
  tenant: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens')
    .default('default')
    .describe('The tenant that this deployment works for.'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The address under which people reach the server, when that is not where it listens.'),
  listen: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('The address to listen on.'),
      port: z.number().int().min(0).max(65_535).default(4780).describe('The port; 0 takes any free one.'),
    })
    .prefault({})
    .describe('Where the server listens.'),
  egress: z
    .union([z.literal('dynamic'), z.array(cidr).min(1)])
    .default('dynamic')
    .describe('The addresses our own calls come from: `dynamic`, or a list of CIDRs. Printed in set-up kits.'),
  observedAddress: z
    .union([z.ipv4(), z.ipv6()])
    .optional()
    .describe('The address that the outside sees now, when it is known: used in diagnoses.'),
  region: z
    .string()
    .regex(/^[a-z0-9-]{2,32}$/)
    .default('us-east-1')
    .describe('The region in which we ask AWS who we are.'),
  stsEndpoint: z
    .url()
    .optional()
    .describe('An STS endpoint of its own: the sandbox. Absent: every region has its own.'),
  allowedEndpoints: z
    .array(z.url())
    .default([])
    .describe('Origins of custom storage endpoints that may be called although they are private or plain http.'),
  ownAccounts: z
    .array(z.string().regex(/^\d{12}$/))
    .default([])
    .describe("AWS accounts that are ours, beside the base identity's own."),
  database: z
    .strictObject({
      poolSize: z.number().int().min(2).max(200).default(10).describe('Connections of one process at most.'),
      statementTimeoutSeconds: z
        .number()
        .int()
        .min(1)
        .max(600)
        .default(30)
        .describe('After so long a statement counts as stuck; the work is tried again.'),
      connectTimeoutSeconds: z
        .number()
        .int()
        .min(1)
        .max(120)
        .default(5)
        .describe('How long to wait for a connection before the database counts as unavailable.'),
    })
    .prefault({})
    .describe('PostgreSQL, where `DATABASE_URL` names one (docs/postgresql.md).'),
  rootKeyFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The root key that all machines share, for PostgreSQL; a relative path counts from the data directory. Absent: `keys/root.key` there.',
    ),
  spool: z
    .strictObject({
      directory: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Where accepted reports wait, for PostgreSQL: a directory that all machines share. Absent: `spool` in the data directory.',
        ),
      quotaBytes: z
        .number()
        .int()
        .min(1_048_576)
        .optional()
        .describe(
          'Reports are pushed back (503 with Retry-After) while those that wait hold so many bytes; absent: as much as the disk holds.',
        ),
    })
    .prefault({})
    .describe('The spool.'),
  worker: z
    .strictObject({
      concurrency: z.number().int().min(1).max(64).default(4).describe('Large deliveries at work at the same time.'),
      smallConcurrency: z.number().int().min(1).max(512).default(128).describe('Small deliveries beside them.'),
      drainSeconds: z
        .number()
        .int()
        .min(0)
        .max(600)
        .default(30)
        .describe('How long a stopping worker lets what it began end, before it gives the rest back.'),
    })
    .prefault({})
    .describe('The worker that delivers.'),
  oidc: oidc.optional().describe('The identity provider through which people sign in.'),
  rights: rights
    .optional()
    .describe('Who may do what. Absent: everybody who is signed in may view and operate; the operator may do all.'),
  operatorClaims: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .default({})
    .describe('Claims of the operator at the terminal, for identity mappings that require some.'),
  hosting: z
    .enum(['aws', 'local', 'onprem', 'azure', 'gcp'])
    .default('local')
    .describe(
      'Where this deployment runs. From AWS and from machines of your own (`local`, `onprem`) roles are assumed with AWS credentials; from another cloud they need `webIdentity`.',
    ),
  webIdentity: webIdentity
    .optional()
    .describe('ID tokens with which roles are opened where there is no AWS identity (docs/federation.md).'),
  kit: z
    .strictObject({
      templateBucketUrl: z
        .url({ protocol: /^https$/ })
        .optional()
        .describe(
          'An https folder of yours from which CloudFormation may read the template: gives quick-create links.',
        ),
    })
    .prefault({})
    .describe('The set-up kit.'),
  watch: z
    .strictObject({
      everySeconds: z
        .number()
        .int()
        .max(604_800)
        .refine((value) => value === 0 || value >= 60, '0, or at least 60')
        .default(3600)
        .describe('How often the server verifies every connection, backups included; 0 turns it off.'),
      jitter: z
        .number()
        .min(0)
        .max(0.9)
        .default(0.1)
        .describe('By how much of the period a verification may come earlier or later.'),
    })
    .prefault({})
    .describe('The watch over the connections.'),
  alerts: z
    .strictObject({
      webhooks: z
        .array(
          z.strictObject({
            url: z.url({ protocol: /^https?$/ }),
            secretFile: z.string().min(1),
          }),
        )
        .max(20)
        .default([])
        .describe(
          'Who is told when a connection turns: `url`, and `secretFile` with the secret that signs (docs/watch.md); https and public, unless its origin is in `allowedEndpoints`.',
        ),
      mail: mail.optional().describe('Who is told by mail, and through which mail server (docs/watch.md).'),
    })
    .prefault({})
    .describe('Alerts.'),
  metrics: z
    .strictObject({
      onServer: z
        .boolean()
        .default(true)
        .describe('GET /metrics on the server, for whoever may view, and for the bearer of the token.'),
      tokenFile: z
        .string()
        .min(1)
        .optional()
        .describe('A file with a token that may ask for /metrics and nothing else.'),
      listen: z
        .strictObject({
          host: z.string().min(1).default('127.0.0.1'),
          port: z.number().int().min(0).max(65_535),
        })
        .optional()
        .describe('An address of its own, `host` and `port`, that answers /metrics to whoever reaches it.'),
    })
    .prefault({})
    .describe('Metrics for Prometheus (docs/observability.md).'),
  log: z
    .strictObject({
      format: z
        .enum(['text', 'json'])
        .default('text')
        .describe('`json`: one object a line, with deliveries too; `--json` asks for the same.'),
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Of `json`: the least that is told.'),
    })
    .prefault({})
    .describe('What a server or worker writes to stderr.'),
  circuit: z
    .strictObject({
      failures: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(5)
        .describe('Passing faults in a row after which a target counts as down.'),
      probeSeconds: z
        .number()
        .int()
        .min(1)
        .max(600)
        .default(30)
        .describe('After how long it is tried again, by one delivery; doubles with each try, up to ten minutes.'),
    })
    .prefault({})
    .describe('When a target that does not answer is left alone (docs/routes.md).'),
  canary: z
    .strictObject({
      everyHours: z
        .number()
        .int()
        .min(0)
        .max(744)
        .default(0)
        .describe(
          'How often a small probe goes through the whole delivery to every target; 0: never (docs/routes.md).',
        ),
    })
    .prefault({})
    .describe('Canaries.'),
  backfill: z
    .strictObject({
      perSecond: z
        .number()
        .positive()
        .max(10_000)
        .default(50)
        .describe('How many owed deliveries a second a target gets when it is well again, the oldest first.'),
      targets: z
        .record(z.string(), z.number().positive().max(10_000))
        .default({})
        .describe('The same for single connections, by their names.'),
    })
    .prefault({})
    .describe('Catching up with what a target is owed.'),
  schedules: z
    .strictObject({
      folders: z
        .array(z.string().startsWith('/'))
        .default([])
        .describe(
          'Folders from which schedules of people who sign in may deliver; whoever is at the terminal may name any.',
        ),
    })
    .prefault({})
    .describe('Deliveries by the clock (docs/schedules.md).'),
  evidence: z
    .strictObject({
      witness: z
        .string()
        .min(1)
        .optional()
        .describe(
          'A folder on another disk or machine in which the newest checkpoints are kept too, so that an older database is noticed even when the whole data directory was restored; a relative path counts from the data directory.',
        ),
    })
    .prefault({})
    .describe('The evidence log.'),
  origin: z
    .string()
    .regex(/^[a-z0-9][a-z0-9./-]{0,200}$/)
    .default('drawbridge.local')
    .describe('The origin of the evidence log: a name that no other log has, such as a host name of yours.'),
})

/** A configuration, complete with its defaults. */
export type Config = z.output<typeof configSchema>

/**
 * Reads the configuration: the file at `path`, or `config.json` in the data directory, where its absence means defaults.
 * @throws configuration-invalid
 */
export async function readConfig(directory: string, path: string | null): Promise<Config> {
  const file = path ?? join(directory, 'config.json')
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && path === null) return '{}'
    throw invalid(`\`${file}\` can not be read`, undefined, cause)
  })
  return parseConfig(text, file)
}

/**
 * Reads a configuration from its text.
 * @param file its name, for messages
 * @throws configuration-invalid
 */
export function parseConfig(text: string, file: string): Config {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(`\`${file}\` is not JSON`, 'docs/configuration.md describes it', cause)
  }
  const parsed = configSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const { message, help } = inputInvalid(parsed.error.issues)
  throw invalid(`\`${file}\`: ${message}`, help ?? 'docs/configuration.md describes every member', undefined)
}

/**
 * Reads the webhooks with their secrets.
 * @throws configuration-invalid when a secret's file can not be read or is too short to sign with
 */
export async function webhooksOf(config: Config, directory: string): Promise<Webhook[]> {
  return Promise.all(
    config.alerts.webhooks.map(async ({ url, secretFile }) => {
      const secret = await secretOf(secretFile, directory, "webhook's secret")
      if (secret.reveal().length < 16) {
        throw invalid("a webhook's secret is shorter than 16 characters", 'make one: `openssl rand -hex 32`', undefined)
      }
      return { url, secret }
    }),
  )
}

/** Reads the token for metrics; null when there is none. @throws configuration-invalid */
export async function metricsTokenOf(config: Config, directory: string): Promise<Secret | null> {
  const { tokenFile } = config.metrics
  if (tokenFile === undefined) return null
  const token = await secretOf(tokenFile, directory, 'metrics token')
  if (/^\S{16,500}$/.test(token.reveal())) return token
  throw invalid(
    'the metrics token is shorter than 16 characters or holds spaces',
    'make one: `openssl rand -hex 32`',
    undefined,
  )
}
