/**
 * Room in the spool: who may still write, and how much. One process counts for itself; several that share a spool count
 * in their database, so that the quota holds for all of them together.
 */

/** How much of a shared spool is taken, by upload. Implemented by `state/`. */
export interface SharedSpace {
  /** Gives an upload so much room in all, unless that is more than `quotaBytes` with what others have. */
  claim(
    upload: string,
    bytes: number,
    quotaBytes: number,
  ): Promise<{ readonly isGiven: boolean; readonly usedBytes: number }>
  /** Notes how much an upload takes, whatever the quota says; 0: it is gone. Returns what is used now. */
  settle(upload: string, bytes: number): Promise<number>
  used(): Promise<number>
  /** Notes files that nobody has noted, by upload, and forgets what was noted before `before` and is not there. */
  compare(files: ReadonlyMap<string, number>, before: Date): Promise<void>
}

/** The room of one upload while it is written. */
export interface Claim {
  /** Takes so many bytes more; false: there is no room. */
  take(bytes: number): Promise<boolean> | boolean
  /** It stays as it is: the file is complete. */
  keep(): Promise<void>
  giveBack(): Promise<void>
}

/** The room of a whole spool, as one process sees it. */
export interface Space {
  /** As far as this process knows. */
  readonly usedBytes: number
  /** Asks again where others count too. */
  measure(): Promise<number>
  claim(upload: string): Claim
  /** A file of this size is gone. */
  gone(upload: string, sizeBytes: number): Promise<void>
  /** What lies there was counted anew, by upload. */
  counted(files: ReadonlyMap<string, number>, before: Date): Promise<void>
}

/** Room that one process has to itself. */
export function ownSpace(quotaBytes: number): Space {
  let usedBytes = 0
  return {
    get usedBytes() {
      return usedBytes
    },
    measure: async () => usedBytes,
    claim() {
      let taken = 0
      return {
        take(bytes) {
          if (usedBytes + bytes > quotaBytes) return false
          usedBytes += bytes
          taken += bytes
          return true
        },
        keep: async () => {},
        async giveBack() {
          usedBytes -= taken
          taken = 0
        },
      }
    },
    async gone(_upload, sizeBytes) {
      usedBytes -= sizeBytes
    },
    async counted(files) {
      usedBytes = [...files.values()].reduce((sum, bytes) => sum + bytes, 0)
    },
  }
}

/** Room that several processes share and nobody limits: what lies there is looked at only when somebody asks. */
export function unlimitedSpace(count: () => Promise<number>): Space {
  let usedBytes = 0
  const claim: Claim = { take: () => true, keep: async () => {}, giveBack: async () => {} }
  return {
    get usedBytes() {
      return usedBytes
    },
    measure: async () => {
      usedBytes = await count()
      return usedBytes
    },
    claim: () => claim,
    gone: async () => {},
    async counted(files) {
      usedBytes = [...files.values()].reduce((sum, bytes) => sum + bytes, 0)
    },
  }
}

const largestStepBytes = 16 << 20
const freshMs = 1_000

/** Room that several processes share. A file grows in steps, so that not every piece of it asks the database. */
export function sharedSpace(shared: SharedSpace, quotaBytes: number): Space {
  const stepBytes = Math.min(largestStepBytes, Math.ceil(quotaBytes / 64))
  let usedBytes = 0
  let measuredAt = Number.NEGATIVE_INFINITY
  const learn = (bytes: number): number => {
    usedBytes = bytes
    measuredAt = performance.now()
    return bytes
  }
  const settle = async (upload: string, bytes: number): Promise<void> => {
    learn(await shared.settle(upload, bytes))
  }
  return {
    get usedBytes() {
      return usedBytes
    },
    measure: async () => (performance.now() - measuredAt < freshMs ? usedBytes : learn(await shared.used())),
    claim(upload) {
      let given = 0
      let taken = 0
      const ask = async (bytes: number): Promise<boolean> => {
        const answer = await shared.claim(upload, bytes, quotaBytes)
        learn(answer.usedBytes)
        if (answer.isGiven) given = bytes
        return answer.isGiven
      }
      return {
        async take(bytes) {
          const wanted = taken + bytes
          // Near the end of the room a whole step may not fit any more, and the bytes themselves do.
          if (wanted > given && !(await ask(wanted + stepBytes)) && !(await ask(wanted))) return false
          taken = wanted
          return true
        },
        keep: () => settle(upload, taken),
        async giveBack() {
          // Unheard, it is found by the next count: there is no such file.
          if (given > 0) await settle(upload, 0).catch(() => {})
        },
      }
    },
    gone: (upload) => settle(upload, 0).catch(() => {}),
    counted: async (files, before) => {
      await shared.compare(files, before)
      learn(await shared.used())
    },
  }
}
