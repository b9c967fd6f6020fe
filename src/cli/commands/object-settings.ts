/** Options about what is said of every object beside its bytes: tags, storage class, retention, legal hold, tier. */
import type { Command } from 'commander'
import type { ObjectSettings } from '../../contract/index.ts'
import { UsageError } from '../failure.ts'
import type { Options } from './form.ts'

/** Declares the options; the service has the last word on what each can be. */
export function declareObjectSettings(command: Command): void {
  command
    .option('--object-tag <key=value>', 'a tag of every object, which they grant the right for; repeatable', append)
    .option('--storage-class <class>', 'the storage class of S3: `STANDARD_IA`')
    .option('--retention <mode:days>', 'keep every object: `COMPLIANCE:365` in S3, `Locked:365` in Azure')
    .option('--legal-hold', 'put a legal hold on every object')
    .option('--tier <tier>', 'the access tier of Azure: `Cool`')
}

function append(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value]
}

/** Reads them; undefined when none was given. @throws UsageError */
export function objectSettingsOf(options: Options): ObjectSettings | undefined {
  const retention = options['retention'] === undefined ? undefined : retentionOf(String(options['retention']))
  const tags = options['objectTag'] === undefined ? undefined : tagsOf(options['objectTag'] as readonly string[])
  const settings = {
    ...(tags === undefined ? {} : { tags }),
    ...(options['storageClass'] === undefined ? {} : { storageClass: String(options['storageClass']) }),
    ...(retention === undefined ? {} : { retention }),
    ...(options['legalHold'] === true ? { legalHold: true } : {}),
    ...(options['tier'] === undefined ? {} : { tier: String(options['tier']) }),
  }
  // Words of the services are checked where the input is taken in.
  return Object.keys(settings).length === 0 ? undefined : (settings as ObjectSettings)
}

function tagsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)]
      throw new UsageError(`\`${pair}\` is not a tag with its value`, 'write it as --object-tag project=audit')
    }),
  )
}

function retentionOf(text: string): { mode: string; days: number } {
  const [, mode, days] = /^([A-Za-z]+):(\d{1,5})$/.exec(text) ?? []
  if (mode !== undefined) return { mode, days: Number(days) }
  throw new UsageError(`\`${text}\` is not a mode with its days`, 'write it as --retention COMPLIANCE:365')
}
