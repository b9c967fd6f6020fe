/**
 * The one error of a world that failed, and the one table of its codes. `docs/errors.md` is kept equal to the table by
 * a test. Providers' own errors are translated into these, in one file per service.
 */

/** When trying the same again could help. */
export type Retry = 'never' | 'later' | 'exhausted'

interface CodeRow {
  /** What happened, for people: one line, lower case. */
  readonly meaning: string
  /** What to do about it, where the error itself says nothing better: one line. */
  readonly hint: string
  /** The HTTP status with which the server answers. */
  readonly status: number
  /** The exit code with which the CLI ends. */
  readonly exit: number
}

/**
 * Every code of a `DrawbridgeError`. Exit codes: 2 the input is wrong, 3 the other side refuses, 4 nothing of that name,
 * 5 it conflicts with what stands, 6 the world is out of order (try later), 7 this machine lacks something, 1 the answer is no.
 */
export const errorCodes = {
  'input-invalid': {
    meaning: 'the input does not have the form that the operation needs',
    hint: 'compare it with the form that the operation documents',
    status: 400,
    exit: 2,
  },
  'report-unreadable': {
    meaning: 'a file of the report can not be read',
    hint: 'check the path, and that this user may read it',
    status: 400,
    exit: 2,
  },
  'claim-missing': {
    meaning: 'the sign-in lacks a claim that the identity mapping requires',
    hint: 'ask the administrator of the sign-in to send it, or change the identity mapping of the connection',
    status: 403,
    exit: 2,
  },
  'sas-unusable': {
    meaning: 'the SAS token is expired, malformed or of the wrong scope',
    hint: 'ask the owner of the container for a new token, with the letters that the set-up kit names',
    status: 400,
    exit: 2,
  },
  'endpoint-refused': {
    meaning: 'the endpoint is not one that this deployment may call',
    hint: 'the operator can allow the origin by name in `allowedEndpoints`',
    status: 400,
    exit: 2,
  },
  unauthenticated: {
    meaning: 'nobody is signed in',
    hint: 'sign in, or give the operator token',
    status: 401,
    exit: 3,
  },
  forbidden: {
    meaning: 'the signed-in person may not do this',
    hint: 'ask the operator for the right, which the configuration gives by claim',
    status: 403,
    exit: 3,
  },
  'access-denied': {
    meaning: 'the storage or its token service refused the request',
    hint: 'run `drawbridge diagnose --connection` to see which link refuses',
    status: 502,
    exit: 3,
  },
  'session-expired': {
    meaning: 'the credentials ran out before the request arrived',
    hint: 'verify the connection: a new session is asked for then',
    status: 502,
    exit: 3,
  },
  'owner-mismatch': {
    meaning: 'the bucket belongs to another account than the connection says',
    hint: "stop, and ask the customer: a bucket of that name may now be somebody else's",
    status: 502,
    exit: 3,
  },
  'not-found': { meaning: 'nothing of that name exists here', hint: 'list what there is', status: 404, exit: 4 },
  'bucket-not-found': {
    meaning: 'the bucket or container does not exist',
    hint: "compare the name with the one in the customer's console",
    status: 502,
    exit: 4,
  },
  'object-not-found': { meaning: 'the object does not exist', hint: 'list what there is', status: 502, exit: 4 },
  'upload-not-found': {
    meaning: 'the multipart upload does not exist any more',
    hint: 'send it again',
    status: 502,
    exit: 4,
  },
  'already-exists': {
    meaning: 'something of that name exists already',
    hint: 'choose another name',
    status: 409,
    exit: 5,
  },
  'object-exists': {
    meaning: 'another object stands at the key, and nothing is overwritten',
    hint: 'look at what stands there; nothing was overwritten',
    status: 409,
    exit: 5,
  },
  'in-use': {
    meaning: 'something else still depends on it',
    hint: 'remove what depends on it first',
    status: 409,
    exit: 5,
  },
  ended: {
    meaning: 'it has ended already, so there is nothing left of it to change',
    hint: 'show it to see how it ended',
    status: 409,
    exit: 5,
  },
  'write-conflict': {
    meaning: 'another writer was at the same key at the same time',
    hint: 'try again',
    status: 409,
    exit: 6,
  },
  'wrong-region': {
    meaning: 'the bucket is in another region',
    hint: 'compare the region of the connection with the one of the bucket',
    status: 502,
    exit: 6,
  },
  'clock-skew': {
    meaning: 'the clocks of this machine and the other side differ by more than fifteen minutes',
    hint: 'set the clock of this machine',
    status: 502,
    exit: 6,
  },
  'checksum-mismatch': {
    meaning: 'the bytes that arrived are not the bytes that were sent',
    hint: 'try again; when it happens twice, look at the network and the memory of this machine',
    status: 502,
    exit: 6,
  },
  throttled: { meaning: 'the other side asks for fewer requests', hint: 'try again later', status: 503, exit: 6 },
  'spool-full': {
    meaning: 'the spool has no room for a report until other deliveries have left it',
    hint: 'nothing was accepted; send it again later, or repair the targets that hold deliveries back',
    status: 503,
    exit: 6,
  },
  unavailable: {
    meaning: 'the other side does not answer, or answers that it can not',
    hint: 'try again later',
    status: 503,
    exit: 6,
  },
  'protocol-broken': {
    meaning: 'the other side answered something that its protocol does not allow',
    hint: 'check that the endpoint is what the connection says it is',
    status: 502,
    exit: 6,
  },
  'not-supported': { meaning: 'the other side does not offer this', hint: 'choose another way', status: 501, exit: 6 },
  'disk-full': {
    meaning: 'the data directory has no room left',
    hint: 'make room in the data directory; what was accepted is kept',
    status: 507,
    exit: 7,
  },
  'data-directory-locked': {
    meaning: 'another process holds the data directory',
    hint: 'stop the other process, or let the command go through its server',
    status: 409,
    exit: 7,
  },
  'data-directory-broken': {
    meaning: 'the data directory holds something that can not be read',
    hint: 'restore it from a backup',
    status: 500,
    exit: 7,
  },
  'database-unavailable': {
    meaning: 'the database does not answer, or broke off',
    hint: 'what was accepted is kept; the work goes on by itself when the database is back',
    status: 503,
    exit: 6,
  },
  'database-outdated': {
    meaning: 'the database has an older form than this Drawbridge needs',
    hint: 'run `drawbridge database migrate` as the owner of the database',
    status: 500,
    exit: 7,
  },
  'database-too-new': {
    meaning: 'a newer Drawbridge brought the database to a form that this one can not work with',
    hint: 'start the newer Drawbridge, or let it take the step back: `drawbridge database rollback`',
    status: 500,
    exit: 7,
  },
  'database-unfit': {
    meaning: 'the database is not set up as Drawbridge needs it',
    hint: 'docs/postgresql.md has the lines that set it up',
    status: 500,
    exit: 7,
  },
  'evidence-forked': {
    meaning: 'the evidence log is older than a checkpoint that was already given out',
    hint: 'restore the newest database; the log is not signed until then',
    status: 500,
    exit: 7,
  },
  'configuration-invalid': {
    meaning: 'the configuration does not have the documented form',
    hint: 'docs/configuration.md lists every member',
    status: 500,
    exit: 7,
  },
  'no-base-identity': {
    meaning: 'this deployment has no AWS identity of its own',
    hint: 'give this process AWS credentials, as the AWS SDKs find them',
    status: 500,
    exit: 7,
  },
  cancelled: { meaning: 'the work was cancelled', hint: 'start it again', status: 499, exit: 130 },
  internal: {
    meaning: 'a fault of Drawbridge itself',
    hint: 'please report it, with what you did',
    status: 500,
    exit: 70,
  },
} as const satisfies Record<string, CodeRow>

/** A code of the table. */
export type ErrorCode = keyof typeof errorCodes

/** What a `DrawbridgeError` is made of. */
export interface ErrorParts {
  readonly code: ErrorCode
  /** One line, lower case, no final period, user input in backticks. */
  readonly message: string
  /** Absent: `never`. */
  readonly retry?: Retry
  /** What was being done: `sts:AssumeRole`, `s3:PutObject`, `spool.write`. */
  readonly operation?: string
  /** Facts for whoever looks into it; never a secret. */
  readonly context?: Readonly<Record<string, string | number | boolean>>
  /** What the reader can do about it: one line. Absent: the table's hint. */
  readonly help?: string
  readonly cause?: unknown
}

/** The world failed: the network, the disk, the other side, or what it was asked to work on. */
export class DrawbridgeError extends Error {
  readonly code: ErrorCode
  readonly retry: Retry
  readonly operation: string | undefined
  readonly context: Readonly<Record<string, string | number | boolean>>
  /** What the reader can do about it: one line. */
  readonly help: string

  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause })
    this.name = 'DrawbridgeError'
    this.code = parts.code
    this.retry = parts.retry ?? 'never'
    this.operation = parts.operation
    this.context = parts.context ?? {}
    this.help = parts.help ?? errorCodes[parts.code].hint
  }

  /**
   * The same failure, told with what only the caller knows. Code and operation stay, members of `context` join those that
   * are there already, and what is not named stays as it is. The error itself is left alone, and becomes the cause.
   */
  with(changes: Pick<Partial<ErrorParts>, 'message' | 'retry' | 'context' | 'help'>): DrawbridgeError {
    return new DrawbridgeError({
      code: this.code,
      message: changes.message ?? this.message,
      retry: changes.retry ?? this.retry,
      ...(this.operation === undefined ? {} : { operation: this.operation }),
      context: { ...this.context, ...changes.context },
      help: changes.help ?? this.help,
      cause: this,
    })
  }
}
