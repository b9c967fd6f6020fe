/**
 * Separating probes at the bucket: the refused write without its ACL, without its encryption header, at another key, and in
 * a session without tags. Each accepted probe leaves one small object under `.drawbridge/`, named for what it is.
 */
import { DrawbridgeError } from '../../base/index.ts'
import type { Cause, Connection } from '../../contract/index.ts'
import type { RoleSession } from '../../credentials/index.ts'
import type { PutOptions } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { isS3 } from '../model/setup-model.ts'
import { storeOf } from '../open/open-connection.ts'
import { jobPutOptions, makeProbe } from '../open/probe.ts'
import type { ConnectionSecret } from '../repository.ts'
import { assumeAgain } from './assume-probes.ts'
import type { Separated } from './separated.ts'

/** Does the first thing that the job does: a write, or for a source a listing. @throws what the store throws */
export async function tryJob(
  connection: Connection,
  secret: ConnectionSecret,
  context: ConnectionContext,
  session: RoleSession | null,
  change: Partial<PutOptions> = {},
  folder = '',
): Promise<void> {
  const credentials = session === null ? null : async () => session.credentials
  const store = storeOf(connection, secret, context, credentials)
  try {
    if (connection.purpose === 'source') {
      for await (const _ of store.list(connection.location.rootPath)) break
      return
    }
    const { key, body } = makeProbe(connection, context, folder)
    await store.put(key, body, { ...jobPutOptions(connection), ...change })
    if (connection.purpose === 'enrichment') await store.delete(key)
  } finally {
    store.close()
  }
}

type Answer = 'accepted' | 'refused' | 'unclear'

async function answer(attempt: () => Promise<void>): Promise<Answer> {
  try {
    await attempt()
    return 'accepted'
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    return error.code === 'access-denied' ? 'refused' : 'unclear'
  }
}

/** Changes one thing at a time about the refused write. */
export async function separateStorage(
  connection: Connection,
  secret: ConnectionSecret,
  identity: SessionIdentity,
  context: ConnectionContext,
): Promise<Separated> {
  const isRole = connection.authentication.kind === 'role'
  const session = isRole ? await assumeAgain(connection, identity, context) : null
  const attempt = (change: Partial<PutOptions> = {}, folder = ''): Promise<Answer> =>
    answer(() => tryJob(connection, secret, context, session, change, folder))
  if ((await attempt()) === 'accepted') {
    return { causes: [], excluded: [], ruledOut: ['the same request is accepted now'], worksNow: true }
  }
  if (connection.purpose === 'source' || !isS3(connection))
    return { causes: [], excluded: [], ruledOut: [], worksNow: false }
  const { acl, encryption } = connection.writing
  const hasTags = Object.keys(identity.tags).length > 0
  const [noAcl, noEncryption, otherKey, noTags] = await Promise.all([
    acl === 'none' ? null : attempt({ acl: 'none' }),
    encryption.kind === 'bucket-default' ? null : attempt({ encryption: { kind: 'bucket-default' } }),
    attempt({}, 'elsewhere/'),
    isRole && hasTags
      ? answer(async () => {
          const untagged = await assumeAgain(connection, identity, context, { tags: {} })
          await tryJob(connection, secret, context, untagged)
        })
      : null,
  ])
  const causes: Cause[] = []
  if (noAcl === 'accepted') causes.push(aclCause(acl))
  if (noEncryption === 'accepted') causes.push(encryptionCause(encryption.kind))
  if (noTags === 'accepted') causes.push(tagCause())
  if (otherKey === 'accepted') causes.push(keyCause())
  return { causes, ...exclusions({ noAcl, noEncryption, otherKey }), worksNow: false }
}

function exclusions(answers: Readonly<Record<'noAcl' | 'noEncryption' | 'otherKey', Answer | null>>): {
  excluded: string[]
  ruledOut: string[]
} {
  const excluded: string[] = []
  const ruledOut: string[] = []
  if (answers.noAcl === 'refused') {
    excluded.push('missing-acl-permission', 'acl-not-supported')
    ruledOut.push('it is refused without the ACL too: `s3:PutObjectAcl` is not what is missing first')
  }
  if (answers.noEncryption === 'refused') ruledOut.push('it is refused without the encryption header too')
  if (answers.otherKey === 'refused') ruledOut.push('it is refused at another key under the root path too')
  return { excluded, ruledOut }
}

function aclCause(acl: string): Cause {
  return {
    id: 'missing-acl-permission',
    confidence: 'likely',
    link: 'permissions',
    summary: 'the write is accepted without its ACL: `s3:PutObjectAcl` is not allowed, or the bucket takes no ACLs',
    because: ['the same write was refused with the ACL and accepted without'],
    repairs: [
      {
        side: 'ours',
        summary: 'stop sending the ACL, when the bucket owner owns every object anyway (`BucketOwnerEnforced`)',
        opens: 'nothing else',
        change: { setting: 'acl', from: acl, to: 'none' },
        proved: false,
      },
      {
        side: 'theirs',
        summary: 'allow `s3:PutObjectAcl` beside `s3:PutObject` on the same path',
        opens: 'ACLs of objects under that path',
        proved: false,
      },
    ],
  }
}

function encryptionCause(kind: string): Cause {
  return {
    id: 'kms-key-policy',
    confidence: 'likely',
    link: kind === 'sse-kms' ? 'kms-key' : 'bucket-policy',
    summary:
      kind === 'sse-kms'
        ? 'the write is accepted without the KMS key: the role may not use the key'
        : 'the write is accepted without its encryption header: a policy refuses the header',
    because: ['the same write was refused with the encryption header and accepted without'],
    repairs: [
      {
        side: 'theirs',
        summary: 'add the statement of `key-policy.json` to the key policy, and the KMS actions to the role',
        opens: 'the key, for this role, by way of S3',
        proved: false,
      },
      {
        side: 'ours',
        summary: 'leave the encryption to the default of the bucket',
        opens: 'nothing else; objects are then encrypted with whatever the bucket’s default is',
        change: { setting: 'encryption', from: kind, to: { kind: 'bucket-default' } },
        proved: false,
      },
    ],
  }
}

function tagCause(): Cause {
  return {
    id: 'principal-tag',
    confidence: 'likely',
    link: 'permissions',
    summary:
      'the write is accepted in a session without tags: a condition on `aws:PrincipalTag` refuses the value that is sent',
    because: ['the same write was refused in a session with tags and accepted in one without'],
    repairs: [
      {
        side: 'theirs',
        summary: 'name the value that the person really has in the condition on `aws:PrincipalTag`',
        opens: 'sessions with that value',
        proved: false,
      },
    ],
  }
}

function keyCause(): Cause {
  return {
    id: 'permissions-key-pattern',
    confidence: 'likely',
    link: 'permissions',
    summary:
      'another key under the root path is accepted: the Resource of a statement does not cover all of the root path',
    because: ['the same write was refused at one key and accepted at another'],
    repairs: [
      {
        side: 'theirs',
        summary: 'let the Resource end in the root path and `*`, as in `permissions-policy.json`',
        opens: 'the rest of the root path',
        proved: false,
      },
    ],
  }
}
