/** Chains that break at the place itself: its name, certificate, clock and public side, what it keeps, and what has not arrived. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelKeyDeletionCommand, EnableKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import { DeletePublicAccessBlockCommand } from '@aws-sdk/client-s3'
import type { Connection } from '../../src/contract/index.ts'
import { customerAccountId } from '../../src/sandbox/index.ts'
import { needs } from '../needs.ts'
import type { AwsScene } from './aws-scene.ts'
import type { AwsChain } from './chain.ts'

/** Leads the connection elsewhere, and the operator of the deployment agrees. */
function moveTo(scene: AwsScene, endpoint: string): void {
  const { location } = scene.connection
  if (location.service !== 's3') throw new TypeError('no bucket')
  const moved: Connection = { ...scene.connection, location: { ...location, endpoint } }
  scene.connection = moved
  scene.context = { ...scene.context, allowedEndpoints: [...scene.context.allowedEndpoints, new URL(endpoint).origin] }
}

const moveBack = (scene: AwsScene): void => moveTo(scene, scene.stage.sandbox.endpoint)

const atPlace = (cause: string) => ({ red: 'object', cause }) as const

let impostor: Server | null = null

/** A server whose certificate nobody signed but itself. */
async function startImpostor(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'drawbridge-impostor-'))
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const names = ['-days', '30', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    const files = ['-keyout', 'key.pem', '-out', 'cert.pem']
    execFileSync('/usr/bin/openssl', ['req', '-x509', ...curve, ...names, ...files], { cwd: folder, stdio: 'pipe' })
    const [key, cert] = [readFileSync(join(folder, 'key.pem')), readFileSync(join(folder, 'cert.pem'))]
    const server = createServer({ key, cert }, (_, response) => response.end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // What is left of it must not keep a script alive.
    server.unref()
    impostor = server
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const certificateChains: readonly AwsChain[] = needs('/usr/bin/openssl', 'openssl')
  ? []
  : [
      {
        cloud: 'aws',
        name: 'tls-untrusted',
        story: 'somebody answers for the endpoint with a certificate that nobody signed',
        break: async (scene) => moveTo(scene, await startImpostor()),
        vendor: atPlace('tls-untrusted'),
        administrator: null,
        repair: { by: 'ours', says: /never switch the check off/ },
        mend: (scene) => {
          impostor?.close()
          moveBack(scene)
        },
      },
    ]

export const placeChains: readonly AwsChain[] = [
  {
    cloud: 'aws',
    name: 'name-unknown',
    story: 'the endpoint is entered with a name that does not resolve',
    // Too long for any name service, so that none has to be asked.
    break: (scene) => moveTo(scene, `https://${'s3'.repeat(32)}.example`),
    vendor: atPlace('not-reached'),
    administrator: null,
    repair: { by: 'ours', says: /check region and endpoint for a typing mistake/ },
    mend: moveBack,
  },
  {
    cloud: 'aws',
    name: 'port-closed',
    story: 'the endpoint is entered with a port where nobody listens',
    break: (scene) => moveTo(scene, 'http://127.0.0.1:1'),
    vendor: atPlace('not-reached'),
    administrator: null,
    repair: { by: 'ours', says: /check region and endpoint for a typing mistake/ },
    mend: moveBack,
  },
  ...certificateChains,
  {
    cloud: 'aws',
    name: 'clock-skew',
    story: 'the clock of our machine is twenty minutes behind',
    break: (scene) => scene.stage.sandbox.setClockSkew(20 * 60_000),
    vendor: { red: 'base-identity', cause: 'clock-skew' },
    administrator: null,
    repair: { by: 'ours', says: /set the clock/ },
    mend: (scene) => scene.stage.sandbox.setClockSkew(0),
  },
  {
    cloud: 'aws',
    name: 'public-place',
    story: 'somebody switches Block Public Access off and lets everybody but the account itself read',
    break: async (scene) => {
      await scene.stage.s3.send(new DeletePublicAccessBlockCommand({ Bucket: scene.bucket }))
      await scene.edit('bucket', (policy) => {
        const Resource = `arn:aws:s3:::${scene.bucket}/*`
        const Condition = { StringNotEquals: { 'aws:PrincipalAccount': customerAccountId } }
        policy.Statement.push({
          Sid: 'Website',
          Effect: 'Allow',
          Principal: '*',
          Action: 's3:GetObject',
          Resource,
          Condition,
        })
      })
    },
    vendor: { red: 'bucket-policy', cause: 'public-access' },
    administrator: null,
    repair: { by: 'theirs', says: /switch Block Public Access on/ },
    mend: (scene) => scene.deleteBucketPolicy(),
  },
  {
    cloud: 'aws',
    name: 'lock-demanded',
    story: 'IT denies writes that do not say how long they are kept, although the bucket has a default',
    break: (scene) =>
      scene.edit('bucket', (policy) => {
        policy.Statement.push({
          Sid: 'KeepEverything',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: `arn:aws:s3:::${scene.bucket}/*`,
          Condition: { StringNotEquals: { 's3:object-lock-mode': 'COMPLIANCE' } },
        })
      }),
    vendor: { red: 'bucket-policy', cause: 'bucket-policy-deny' },
    administrator: {
      red: 'bucket-policy',
      cause: 'bucket-policy-deny',
      policy: 'bucket',
      condition: 's3:object-lock-mode',
      isProved: false,
    },
    repair: { by: 'theirs', says: /`KeepEverything`|object-lock-mode/ },
  },
  {
    cloud: 'aws',
    name: 'kms-pending',
    story: 'the key is scheduled for deletion',
    wish: { key: 'named' },
    break: async (scene) => {
      await scene.stage.kms.send(new ScheduleKeyDeletionCommand({ KeyId: scene.keyArn ?? '' }))
    },
    vendor: { red: 'kms-key', cause: 'kms-key-missing' },
    administrator: { red: 'kms-key', cause: 'kms-key-missing', policy: 'key' },
    repair: { by: 'theirs', says: /cancel the deletion of the key and enable it/ },
    mend: async (scene) => {
      const KeyId = scene.keyArn ?? ''
      await scene.stage.kms.send(new CancelKeyDeletionCommand({ KeyId }))
      await scene.stage.kms.send(new EnableKeyCommand({ KeyId }))
    },
  },
  {
    cloud: 'aws',
    name: 'not-arrived',
    story: 'IT makes the role again as the kit says, and IAM does not know it everywhere yet',
    break: async (scene) => {
      scene.stage.sandbox.setPropagationDelay(10 * 60_000)
      await scene.deleteRole()
      await scene.applyKit()
      // As after a change of the connection: nobody has seen it work like this.
      const { lastVerification: _, ...rest } = scene.connection
      scene.connection = { ...rest, state: 'unverified' }
    },
    // STS says the same of a role that does not exist and of one that refuses.
    vendor: { red: 'assume-role', cause: 'iam-propagation', among: true },
    administrator: null,
    repair: { by: 'ours', says: /compare the role ARN/ },
    mend: (scene) => {
      scene.stage.sandbox.setPropagationDelay(0)
      scene.stage.sandbox.advance(10 * 60_000)
    },
  },
]
