/**
 * The fault matrix as data: what can go wrong, how it is made to go wrong, and the tests that hold what must come of it.
 * `page.ts` writes docs/faults.md from it.
 */

/** How a fault is made: in the real world, on the wire to a counterpart, inside one process, or in the simulated world. */
type Making = 'real' | 'wire' | 'process' | 'simulated'

/** One row. */
export interface FaultRow {
  readonly fault: string
  readonly outcome: string
  /** How it is made, by which file under the root, and words of the test's title. */
  readonly tests: readonly (readonly [making: Making, file: string, title: string])[]
  /** What no test shows. */
  readonly gap?: string
}

const kills = ['real', 'test/kill.test.ts', 'a hundred kills lose nothing'] as const
const storms = ['simulated', 'test/simulation/simulation.test.ts', 'every promise holds through'] as const
const network = 'test/faults/network.test.ts'
const rights = 'test/faults/rights.test.ts'
const firewall = ['real', 'test/faults/firewall.test.ts', 'in the middle of an upload costs time alone'] as const
const worker = 'src/delivery/worker.test.ts'
const multipart = 'src/delivery/multipart.test.ts'
const wire = 'test/delivery.test.ts'

/** The rows: to 48 by the numbers of the matrix that the product was planned with, then what was met since. */
export const faultMatrix: Readonly<Record<number, FaultRow>> = {
  1: { fault: 'SIGKILL before an upload begins', outcome: 'another worker starts, one object', tests: [kills, storms] },
  2: {
    fault: 'death after Create, before the upload’s id is kept',
    outcome: 'found by key and aborted, or recorded',
    tests: [
      kills,
      storms,
      ['process', multipart, 'an upload whose id a crash swallowed is found by its key and aborted'],
      ['process', multipart, 'where the rights can not find it, a possible orphan goes on record'],
      ['process', multipart, 'a Create that arrives after everybody has looked for it is on record'],
    ],
  },
  3: {
    fault: 'death during or after a part',
    outcome: 'only missing parts are sent again',
    tests: [kills, storms, ['process', multipart, 'after a fault only the missing parts are sent again']],
  },
  4: { fault: 'death before Complete', outcome: 'the upload goes on', tests: [kills, storms] },
  5: {
    fault: 'Complete or PUT arrives, its answer is lost',
    outcome: 'the same request again; no second object',
    tests: [
      ['real', network, 'a Complete whose answer is dropped'],
      ['real', network, 'a Complete whose answer breaks off'],
      ['real', network, 'an answer that is dropped after the request arrived'],
      ['wire', wire, 'an error inside a 200'],
      storms,
    ],
  },
  6: {
    fault: 'death after Complete, before the commit',
    outcome: 'one object and one receipt',
    tests: [kills, storms, ['process', worker, 'a worker that vanished after the store took the bytes']],
  },
  7: {
    fault: 'death after the commit, before the log has the entry',
    outcome: 'the entry gets its place later, once',
    tests: [kills, storms],
  },
  8: {
    fault: 'a worker is stopped beyond its lease and goes on',
    outcome: 'its late writes are refused by the fence',
    tests: [
      ['real', 'test/faults/zombie.test.ts', 'continued when its work is done, changes nothing'],
      ['process', worker, 'a zombie writes nothing after somebody else claimed its delivery'],
      storms,
    ],
  },
  9: {
    fault: 'a connection is reset in the middle',
    outcome: 'the request again, within a budget',
    tests: [
      ['real', network, 'a connection that is reset in the middle'],
      ['real', network, 'a part whose connection is reset'],
      firewall,
    ],
  },
  10: {
    fault: 'nothing moves any more',
    outcome: 'given up after a limit, lease kept, sent again',
    tests: [
      ['real', network, 'silence in the middle of the body'],
      ['real', network, 'a part that falls silent'],
      firewall,
    ],
  },
  11: {
    fault: 'a slow line',
    outcome: 'one attempt, no failover',
    tests: [['real', network, 'a line of 1 MiB a second']],
    gap: 'slower lines than 1 MiB/s are not tried: that would take minutes',
  },
  12: {
    fault: 'bursts of 500 and 503',
    outcome: 'backoff, never counted as a crash; the circuit opens',
    tests: [
      ['wire', 'test/storage-faults.test.ts', 'a passing `%s` is survived'],
      ['process', 'src/delivery/circuit.test.ts', 'five faults in a row open it'],
      storms,
    ],
  },
  13: {
    fault: 'STS throttles or is down',
    outcome: 'one request for many, sessions used to their end, deliveries wait',
    tests: [
      ['process', 'src/credentials/session-cache.test.ts', 'makes one session for all who ask at the same time'],
      ['wire', 'test/credentials.test.ts', 'tells throttling, outage, lost answers and spent credentials apart'],
      storms,
    ],
  },
  14: {
    fault: 'the session ends in the middle of an upload',
    outcome: 'renewed, the same attempt goes on',
    tests: [['real', rights, 'sessions that end in the middle of an upload are renewed'], storms],
  },
  15: {
    fault: 'a right is taken away in the middle of an upload',
    outcome: 'one fresh session, then parked with its reason',
    tests: [['real', rights, 'a right that is taken away in the middle of an upload parks the delivery'], storms],
  },
  16: {
    fault: 'External ID, tags or trust change',
    outcome: 'the link that refuses is named',
    tests: [['wire', 'test/broken-chains.test.ts', 'both views find it, and the repair holds']],
  },
  17: {
    fault: 'a clock that is wrong, or jumps',
    outcome: 'signed by the other side’s time; nothing lost',
    tests: [
      ['real', 'test/faults/clock.test.ts', 'beside the true time delivers all the same'],
      ['real', 'test/faults/clock.test.ts', 'that jumps forth and back while it delivers'],
      ['real', 'test/postgres/queue.test.ts', 'a machine whose clock is wrong goes by the database’s'],
      ['process', 'src/delivery/clock.test.ts', 'what was put off while the clock stood ahead waits for what was left'],
      storms,
    ],
    gap: 'on SQLite the machine’s clock is the database’s, and the process that sees it set back shortens what waits: a report that was accepted before it stood ahead, and put off then, waits longer where no process ran when it was set right, until it has caught up, or until the next look where that is over a month away',
  },
  18: {
    fault: 'the SAS token ends in the middle of an upload',
    outcome: 'parked; a new token commits the blocks that stand',
    tests: [['real', rights, 'a SAS token that ends in the middle of an upload']],
  },
  19: {
    fault: 'the SAS token lacks a letter',
    outcome: 'refused, explained',
    tests: [['real', 'test/azure-rights.test.ts', 'with `cw` sends blocks, but can not list them']],
  },
  20: {
    fault: 'the wrong region',
    outcome: 'told with the right one, and followed nowhere',
    tests: [['wire', 'test/storage-faults.test.ts', 'a bucket in another region is told with its region']],
  },
  21: {
    fault: 'the bucket is deleted, or belongs to somebody else',
    outcome: 'parked; no bytes to a stranger',
    tests: [
      ['real', rights, 'a bucket that was deleted parks the delivery'],
      ['wire', 'test/credentials.test.ts', 'a bucket of another owner is told from a plain refusal'],
    ],
  },
  22: {
    fault: 'all targets are down for long',
    outcome: 'held, new reports pushed back, drained in order',
    tests: [
      ['process', 'src/delivery/circuit.test.ts', 'with every target down reports are held'],
      ['real', network, 'a network that is down for two passes'],
      storms,
    ],
  },
  23: {
    fault: 'the disk is full',
    outcome: 'new reports refused, old ones kept, recovers',
    tests: [
      ['real', 'test/faults/disk.test.ts', 'loses nothing that was acknowledged'],
      ['real', 'test/bad-input.test.ts', 'a full disk refuses the new report'],
      storms,
    ],
  },
  24: {
    fault: 'a sync fails (EIO)',
    outcome: 'the file is lost and not acknowledged',
    tests: [['real', 'test/faults/disk.test.ts', 'loses nothing that was acknowledged'], storms],
  },
  25: {
    fault: 'a bit flips in the spool or the database',
    outcome: 'never delivered, told',
    tests: [
      ['process', 'src/delivery/service.test.ts', 'a bit that flipped in the spool is never delivered'],
      ['process', 'src/delivery/service.test.ts', 'a bit that flipped in the database is never delivered either'],
      ['process', 'src/delivery/spool/spool.test.ts', 'a flipped bit never leaves the spool'],
    ],
  },
  26: {
    fault: 'the database is away for a while',
    outcome: 'workers wait and go on',
    tests: [
      ['real', 'test/postgres/faults.test.ts', 'it crashes and comes back'],
      ['real', 'test/postgres/faults.test.ts', 'it lets nobody in for a while'],
    ],
  },
  27: {
    fault: 'a standby takes over',
    outcome: 'acknowledged commits kept; a stale one refused',
    tests: [
      ['real', 'test/postgres/standby.test.ts', 'under load, a synchronous one'],
      ['real', 'test/postgres/standby.test.ts', 'an asynchronous one that lacks what was signed'],
      ['real', 'test/postgres/standby.test.ts', 'a commit whose wait for the standby is broken off does not count'],
      ['real', 'test/postgres/restore.test.ts', 'an older one is refused by every process'],
      [
        'process',
        'src/evidence/evidence-log.test.ts',
        'when an older database takes the place of its own while it runs',
      ],
    ],
    gap: 'who promotes, and keeps a primary that was only cut off from coming back, is the operator’s affair; the test promotes by hand',
  },
  28: {
    fault: 'connections to the database fall silent, or are all taken',
    outcome: 'limits, then new connections',
    tests: [
      ['real', 'test/postgres/faults.test.ts', 'connections go silent without being closed'],
      ['real', 'test/postgres/faults.test.ts', 'somebody else holds a table'],
    ],
  },
  29: {
    fault: 'a schedule fires on many workers',
    outcome: 'one delivery',
    tests: [
      ['process', 'src/delivery/schedule/scheduler.test.ts', 'eight schedulers at the same moment make one delivery'],
    ],
  },
  30: {
    fault: 'summer time, missed slots',
    outcome: 'each slot once, as the policy says',
    tests: [
      ['process', 'src/delivery/schedule/cron.test.ts', 'has a fixed time of the repeated hour once'],
      ['process', 'src/delivery/schedule/scheduler.test.ts', 'slots of an outage are missed as the policy says'],
    ],
  },
  31: {
    fault: 'other bytes arrive than were sent',
    outcome: 'refused by the store or found in its answer',
    tests: [
      ['real', network, 'a bit that flips on the way'],
      ['real', network, 'a part in which a bit flips'],
      ['real', network, 'an answer with the ETag of other bytes'],
      storms,
    ],
  },
  32: {
    fault: 'a store that ignores checksums',
    outcome:
      'parts signed with their SHA-256 instead, and a weaker level in the receipt; copies of receipts that it keeps damaged do not count',
    tests: [
      kills,
      ['real', 'test/storage-contract.test.ts', 's3 on Ceph RGW'],
      [
        'wire',
        'src/storage/services/s3/part-signing.test.ts',
        'a store that says nothing of the CRC gets the part signed',
      ],
      [
        'process',
        'src/delivery/sidecars.test.ts',
        'the copy of one receipt that arrived damaged does not count as written',
      ],
      ['process', 'src/delivery/sidecars.test.ts', 'where receipts that travelled together arrived damaged'],
      storms,
    ],
  },
  33: {
    fault: 'a source that breaks off',
    outcome: 'nothing kept, nothing delivered',
    tests: [
      ['process', 'src/delivery/spool/spool.test.ts', 'a source that breaks off leaves nothing behind'],
      ['wire', 'src/server/server.test.ts', 'leaves nothing that could be taken for the report'],
    ],
    gap: 'row counts and trailers of archives are not looked at: a report is bytes',
  },
  34: {
    fault: 'a source that changes while it is read',
    outcome: 'read again, whole',
    tests: [
      [
        'process',
        'src/delivery/schedule/scheduler.test.ts',
        'a file that is written while it is read is read again, whole',
      ],
    ],
  },
  35: {
    fault: 'a report of 100 GiB',
    outcome: 'memory stays bounded',
    tests: [['real', 'test/memory.test.ts', 'a report of a gibibyte takes no more memory than was promised']],
    gap: '20 GiB are measured by `npm run bench -- delivery --only memory`; a hundred were never sent',
  },
  36: {
    fault: 'a million small reports',
    outcome: 'no slower with the number',
    tests: [['process', 'src/delivery/many.test.ts', 'what is asked of it for a report finds its rows by an index']],
    gap: 'the plans of PostgreSQL, which go by its statistics; a database of a million was measured by hand (docs/benchmarks.md)',
  },
  37: {
    fault: 'a report that kills whoever works on it',
    outcome: 'quarantined after five, neighbours unharmed',
    tests: [
      ['process', worker, 'a delivery whose claims end without an answer five times is quarantined'],
      ['process', worker, 'what crashed twice is claimed alone'],
      storms,
    ],
  },
  38: {
    fault: 'a worker runs out of memory, or stands still',
    outcome: 'as death, or as a zombie',
    tests: [kills, ['real', 'test/faults/zombie.test.ts', 'continued when its work is done, changes nothing']],
    gap: 'the kernel’s own killer is not provoked',
  },
  39: {
    fault: 'a deployment that rolls under load',
    outcome: 'drained, handed back, nothing lost',
    tests: [
      ['real', 'test/postgres/rolling.test.ts', 'four workers are replaced under load, by SIGTERM and by SIGKILL'],
      ['process', worker, 'a stopping worker gives its work back'],
    ],
  },
  40: {
    fault: 'two processes on one data directory',
    outcome: 'the second is told who has it',
    tests: [['real', 'test/bad-input.test.ts', 'a second process on the same data directory is told who holds it']],
  },
  41: {
    fault: 'a database restored from an older backup',
    outcome: 'refused; recovered with the buckets’ receipts',
    tests: [
      ['real', 'test/evidence/restored.test.ts', 'a restored database is refused in one clear line'],
      ['real', 'test/evidence/restored.test.ts', 'after a recovery nothing is delivered twice'],
      ['real', 'test/postgres/restore.test.ts', 'an older one is refused by every process'],
    ],
  },
  42: {
    fault: 'the root key is gone or another one; a key is rotated',
    outcome: 'no start; rotation ends at the next start',
    tests: [
      [
        'real',
        'src/state/state.test.ts',
        'a root key that is gone, another one, or readable by others stops the start',
      ],
      ['real', 'test/evidence/rotation.test.ts', 'a rotation that was cut short ends at the next start'],
    ],
  },
  43: {
    fault: 'TLS that can not be trusted',
    outcome: 'refused before a byte is sent',
    tests: [['real', 'test/storage-faults.test.ts', 'a certificate that nobody vouches for is refused for good']],
  },
  44: {
    fault: 'names that lead home',
    outcome: 'refused',
    tests: [
      ['process', 'src/storage/endpoint/check.test.ts', 'the lookup hands out nothing for a name that leads home'],
    ],
  },
  45: {
    fault: 'answers without end, or malformed',
    outcome: 'cut, told',
    tests: [
      ['wire', 'src/storage/services/s3/store.test.ts', 'an answer that never ends is cut'],
      ['wire', 'src/storage/services/s3/store.test.ts', 'a server that falls silent is given up'],
    ],
  },
  46: {
    fault: 'denials of objects and keys',
    outcome: 'explained, terminal',
    tests: [['wire', 'test/broken-chains.test.ts', 'both views find it, and the repair holds']],
  },
  47: {
    fault: 'somebody else’s object at our key',
    outcome: 'a conflict, never overwritten',
    tests: [['process', worker, 'somebody else’s object at the key is a conflict'], storms],
  },
  48: {
    fault: 'evidence that was tampered with',
    outcome: 'refused, the first bad place named',
    tests: [
      ['process', 'test/evidence/mutants.test.ts', '10,000 mutants are all refused'],
      ['process', 'src/evidence/evidence-log.test.ts', 'names the first bad entry when'],
    ],
  },
  49: {
    fault: 'the thread of the database ends, and the process goes on',
    outcome: 'whoever asked is told, and asks again; another thread begins; nothing is lost or doubled',
    tests: [
      ['real', 'test/faults/thread.test.ts', 'the thread of the database ends under load'],
      ['process', 'src/state/aside/aside.test.ts', 'a turn that outlives the thread which gave it'],
    ],
  },
}
