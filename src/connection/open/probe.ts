/** The objects that verification and diagnosis write: small, named for what they are, under the connection's own root path. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { newId } from '../../base/index.ts'
import type { Connection, ObjectSettings } from '../../contract/index.ts'
import { type Body, bodyOfBytes, type PutOptions, type ObjectSettings as StoredSettings } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import { isS3 } from '../model/setup-model.ts'

const dayMs = 86_400_000

/** One probe object. */
export interface Probe {
  readonly key: string
  readonly body: Body
}

/** Makes a probe that says what it is, at a key that nothing else has. */
export function makeProbe(connection: Connection, context: ConnectionContext, folder = ''): Probe {
  const id = newId('prb', context.random)
  const text = JSON.stringify(
    {
      what: 'Drawbridge wrote this object to verify that it may write here. Nothing depends on it; it can be deleted.',
      connection: connection.name,
      purpose: connection.purpose,
      probe: id,
      writtenAt: context.clock.now().toISOString(),
    },
    null,
    2,
  )
  const key = `${connection.location.rootPath}.drawbridge/${folder}probe-${id}.json`
  return { key, body: bodyOfBytes(Buffer.from(`${text}\n`)) }
}

/**
 * Bytes that are not the announced ones: a store that may not write refuses them before it reads them, and one that may
 * refuses them for their hash. Either way nothing is written.
 */
export function bodyThatCannotArrive(): Body {
  const bytes = Buffer.from('these bytes are not the announced ones\n')
  return {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update('the announced ones').digest('hex'),
    open: (start = 0, end = bytes.length) => Readable.from([bytes.subarray(start, end)], { objectMode: false }),
  }
}

/** The entity tag of nothing: a condition that can not hold. */
export const noEtag = '"00000000000000000000000000000000"'

/**
 * A probe is kept for one day where the job's objects are kept at all: that proves the right. A legal hold, which would stay
 * until somebody lifts it, is not tried.
 */
function probeSettings({ retention, legalHold: _untried, ...settings }: ObjectSettings, now: Date): StoredSettings {
  if (retention === undefined) return settings
  return { ...settings, retention: { mode: retention.mode, until: new Date(now.getTime() + dayMs) } }
}

/** The options with which the job writes: conditionally, with the connection's ACL, encryption and settings. */
export function jobPutOptions(connection: Connection, now: Date, signal?: AbortSignal): PutOptions {
  const { acl, encryption, objects } = connection.writing
  return {
    ifAbsent: true,
    contentType: 'application/json',
    ...(signal === undefined ? {} : { signal }),
    ...(isS3(connection) ? { acl, encryption } : {}),
    ...(objects === undefined ? {} : { settings: probeSettings(objects, now) }),
  }
}
