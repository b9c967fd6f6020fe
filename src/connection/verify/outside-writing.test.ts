/** What a part for an upload that does not exist proves, from the answers of three requests. */
import { expect, it } from 'vitest'
import { DrawbridgeError } from '../../base/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import { makeConnection, makeContext } from '../testing/surroundings.ts'
import { writingOutside } from './outside-writing.ts'
import { Patience } from './patience.ts'
import { Recorder } from './recorder.ts'

const unknown = new DrawbridgeError({ code: 'upload-not-found', message: 'there is no such upload' })
const refused = new DrawbridgeError({ code: 'access-denied', message: 'refused', operation: 's3:UploadPart' })
const down = new DrawbridgeError({ code: 'unavailable', message: 'no answer' })
const noSession = new DrawbridgeError({ code: 'access-denied', message: 'refused', operation: 'sts:AssumeRole' })

/** A store of which only sending a part is asked, answered by where the key lies. */
function storeAnswering(inside: DrawbridgeError, outside: DrawbridgeError | null): ObjectStore {
  const uploadPart = async (key: string): Promise<unknown> => {
    const answer = key.startsWith('reports/') ? inside : outside
    if (answer !== null) throw answer
    return {}
  }
  return { uploadPart } as unknown as ObjectStore
}

it.each([
  ['refused beside the root path alone', unknown, refused, refused, 'pass'],
  ['allowed beside the root path, and our narrowed session is refused', unknown, unknown, refused, 'fail'],
  ['asked for the upload before the right: both sessions learn of it', unknown, unknown, unknown, null],
  ['refused in its own place too', refused, refused, refused, null],
  ['not answered', unknown, down, refused, null],
  ['without the wide session', noSession, noSession, refused, null],
  ['taken, which no store could', unknown, null, refused, null],
  ['allowed there, with nothing narrower to compare', unknown, unknown, null, null],
] as const)('%s', async (_, inside, wide, narrow, status) => {
  const context = makeContext()
  const connection = await makeConnection({}, context)
  const signal = new AbortController().signal
  const store = storeAnswering(inside, wide)
  const tell = (): void => undefined
  const stage = {
    ...{ connection, context, signal, store, unnarrowed: store, mayProbeOutside: false },
    narrowed: narrow === null ? null : storeAnswering(inside, narrow),
    recorder: new Recorder(context, connection, []),
    patience: new Patience({ context, connection, hasWorked: true, patienceMs: 0, signal, tell }),
    outside: { look: null, isReached: true },
  }
  expect((await writingOutside(stage, 'beside/', 'an object could have been written'))?.status ?? null).toBe(status)
})
