/** Chains that break at bucket, key or object, and chains with an access key. */
import { customerAccountId } from '../../src/sandbox/index.ts'
import type { AwsScene } from './aws-scene.ts'
import { makeAccessKey, setUserPolicy, userPolicy } from './aws-set-up.ts'
import { region } from './aws-stage.ts'
import type { AwsChain } from './chain.ts'
import { drop, statementWith } from './policy-edits.ts'

const atBucket = (cause: string, condition?: string) =>
  ({ red: 'bucket-policy', cause, policy: 'bucket', ...(condition === undefined ? {} : { condition }) }) as const

const deny = (Sid: string, Condition: Record<string, Record<string, string>>) => (scene: AwsScene) =>
  scene.edit('bucket', (policy) => {
    policy.Statement.push({
      Sid,
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${scene.bucket}/*`,
      Condition,
    })
  })

/** Only the account decides, by the permissions of its principals. */
const accountDecides = (scene: AwsScene) =>
  scene.edit('key', (policy) => {
    policy.Statement = [
      {
        Sid: 'Account',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${customerAccountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ]
  })

function signWith(scene: AwsScene, secretAccessKey: string): void {
  scene.secret = { kind: 'access-key', secretAccessKey }
}

export const storageChains: readonly AwsChain[] = [
  {
    cloud: 'aws',
    name: 'bucket-deny',
    story: 'IT denies writing to everybody but their backup role',
    break: deny('OnlyBackupWrites', {
      ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${customerAccountId}:role/backup-writer` },
    }),
    vendor: { red: 'bucket-policy', cause: 'bucket-policy-deny' },
    administrator: atBucket('bucket-policy-deny', 'aws:PrincipalArn'),
    repair: { by: 'theirs', says: /aws:PrincipalArn/ },
  },
  {
    cloud: 'aws',
    name: 'bucket-source-ip',
    story: 'IT denies writing from outside the office network in the bucket policy',
    break: deny('OfficeOnly', { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }),
    vendor: { red: 'bucket-policy', cause: 'bucket-policy-deny' },
    administrator: atBucket('bucket-policy-deny', 'aws:SourceIp'),
    repair: { by: 'theirs', says: /`OfficeOnly`/ },
  },
  {
    cloud: 'aws',
    name: 'encryption-demanded',
    story: 'IT denies writes without the encryption header AES256',
    break: deny('DenyUnencrypted', { StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' } }),
    vendor: { red: 'bucket-policy', cause: 'encryption-demanded' },
    administrator: atBucket('encryption-demanded', 's3:x-amz-server-side-encryption'),
    repair: { by: 'ours', says: /`AES256`/ },
  },
  {
    cloud: 'aws',
    name: 'acl-demanded',
    story: 'IT takes only objects that are handed over with an ACL',
    wish: { writing: { acl: 'bucket-owner-full-control' } },
    break: async (scene) => {
      await deny('HandOver', { StringNotEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' } })(scene)
      await scene.change({ writing: { acl: 'none' } })
    },
    vendor: { red: 'bucket-policy', cause: 'acl-demanded' },
    administrator: atBucket('acl-demanded', 's3:x-amz-acl'),
    repair: { by: 'ours', says: /bucket-owner-full-control/ },
  },
  {
    cloud: 'aws',
    name: 'bucket-policy-missing',
    story: 'the bucket is in another account than the role, and its bucket policy is deleted',
    wish: { isForeign: true },
    break: (scene) => scene.deleteBucketPolicy(),
    // Across accounts S3 says `Access Denied` and nothing else.
    vendor: { red: 'bucket-policy', cause: 'bucket-policy-missing', among: true },
    administrator: atBucket('bucket-policy-missing'),
    repair: { by: 'theirs', says: /create the bucket policy/ },
  },
  {
    cloud: 'aws',
    name: 'public-bucket',
    story: 'somebody makes one statement of the bucket policy public, under RestrictPublicBuckets',
    wish: { isForeign: true },
    break: async (scene) => {
      await scene.blockPublic()
      await scene.edit('bucket', (policy) => {
        policy.Statement.push({
          Sid: 'Website',
          Effect: 'Allow',
          Principal: '*',
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::${scene.bucket}/public/*`,
        })
      })
    },
    vendor: { red: 'bucket-policy', cause: 'bucket-policy-missing', among: true },
    administrator: atBucket('block-public-access'),
    repair: { by: 'theirs', says: /remove the public statement/ },
  },
  {
    cloud: 'aws',
    name: 'kms-tidied',
    story: 'IT tidies the key policy: the role is not in it any more',
    wish: { key: 'named' },
    break: (scene) =>
      scene.edit('key', (policy) => {
        policy.Statement = [
          {
            Sid: 'AdministratorOnly',
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${customerAccountId}:user/admin` },
            Action: 'kms:*',
            Resource: '*',
          },
        ]
      }),
    vendor: { red: 'kms-key', cause: 'kms-key-policy' },
    administrator: { red: 'kms-key', cause: 'kms-key-policy', policy: 'key' },
    repair: { by: 'theirs', says: /the key policy/ },
  },
  {
    cloud: 'aws',
    name: 'kms-via',
    story: 'IT lets the role use the key by way of another service only',
    wish: { key: 'named' },
    break: (scene) =>
      scene.edit('key', (policy) => {
        policy.Statement = policy.Statement.map((statement) => ({
          ...statement,
          Principal: JSON.stringify(statement['Principal']).includes(':root')
            ? { AWS: `arn:aws:iam::${customerAccountId}:user/admin` }
            : statement['Principal'],
        }))
        const statement = statementWith(policy, 'kms:GenerateDataKey')
        statement.Condition = { StringEquals: { 'kms:ViaService': 'ebs.eu-central-1.amazonaws.com' } }
      }),
    vendor: { red: 'kms-key', cause: 'kms-key-policy' },
    administrator: { red: 'kms-key', cause: 'kms-key-policy', policy: 'key', condition: 'kms:ViaService' },
    repair: { by: 'theirs', says: /kms:ViaService|the key policy/ },
  },
  {
    cloud: 'aws',
    name: 'kms-permission',
    story: 'the key leaves it to the account, and IT removes kms:GenerateDataKey from the role',
    wish: { key: 'named' },
    break: async (scene) => {
      await accountDecides(scene)
      await scene.edit('permissions', (policy) => drop(policy, 'kms:GenerateDataKey'))
    },
    vendor: { red: 'permissions', cause: 'missing-kms-permission' },
    administrator: { red: 'permissions', cause: 'missing-kms-permission', policy: 'permissions' },
    repair: { by: 'theirs', says: /`kms:GenerateDataKey`/ },
  },
  {
    cloud: 'aws',
    name: 'kms-multipart',
    story: 'uploads in parts need kms:Decrypt too, and IT removes it',
    wish: { key: 'named', writing: { resume: true } },
    break: async (scene) => {
      await accountDecides(scene)
      await scene.edit('permissions', (policy) => drop(policy, 'kms:Decrypt'))
    },
    vendor: { red: 'kms-key', cause: 'kms-multipart-decrypt' },
    administrator: { red: 'permissions', cause: 'missing-kms-permission', policy: 'permissions' },
    repair: { by: 'theirs', says: /`kms:Decrypt`/ },
  },
  {
    cloud: 'aws',
    name: 'kms-read',
    story: 'IT removes kms:Decrypt from a source, whose objects are encrypted',
    wish: { purpose: 'source', key: 'named', objects: [] },
    break: async (scene) => {
      await scene.encryptByDefault()
      await scene.putEncrypted('audit/orders.csv')
      await accountDecides(scene)
      await scene.edit('permissions', (policy) => drop(policy, 'kms:Decrypt'))
    },
    vendor: { red: 'permissions', cause: 'missing-kms-permission' },
    administrator: { red: 'permissions', cause: 'missing-kms-permission', policy: 'permissions' },
    repair: { by: 'theirs', says: /`kms:Decrypt`/ },
  },
  {
    cloud: 'aws',
    name: 'kms-disabled',
    story: 'the key is switched off',
    wish: { key: 'named' },
    break: (scene) => scene.switchKey(false),
    vendor: { red: 'kms-key', cause: 'kms-key-missing' },
    administrator: { red: 'kms-key', cause: 'kms-key-missing', policy: 'key' },
    repair: { by: 'theirs', says: /enable the key again/ },
    mend: (scene) => scene.switchKey(true),
  },
  {
    cloud: 'aws',
    name: 'kms-by-default',
    story: 'IT encrypts the bucket under a key that the connection does not know of',
    wish: { key: 'later' },
    break: (scene) => scene.encryptByDefault(),
    vendor: { red: 'permissions', cause: 'missing-kms-permission' },
    administrator: { red: 'permissions', cause: 'missing-kms-permission', policy: 'permissions' },
    // Both sides have to move: the role gets the permission, and the connection names the key.
    repair: { by: 'theirs', says: /`kms:GenerateDataKey`.*needed together with: ask for encryption under the key/ },
  },
  {
    cloud: 'aws',
    name: 'bucket-deleted',
    story: 'the bucket is deleted',
    break: (scene) => scene.deleteBucket(),
    vendor: { red: 'object', cause: 'bucket-missing' },
    administrator: { red: 'object', cause: 'bucket-missing', policy: 'bucket' },
    repair: { by: 'theirs', says: /make the bucket again with the same name/ },
    mend: (scene) => scene.makeBucketAgain(),
  },
  {
    cloud: 'aws',
    name: 'bucket-taken',
    story: 'the bucket is deleted, and somebody else takes its name',
    break: async (scene) => {
      await scene.deleteBucket()
      await scene.makeBucketAgain(scene.stage.foreignS3)
    },
    vendor: { red: 'object', cause: 'owner-mismatch', among: true },
    administrator: { red: 'object', cause: 'owner-mismatch', policy: 'bucket' },
    repair: { by: 'ours', says: /stop: send nothing to this bucket/ },
    mend: async (scene) => {
      await scene.deleteBucket(scene.stage.foreignS3)
      await scene.makeBucketAgain()
    },
  },
  {
    cloud: 'aws',
    name: 'wrong-region',
    story: 'the connection names another region than the bucket’s',
    break: (scene) => {
      const { location } = scene.connection
      if (location.service !== 's3') throw new TypeError('no bucket')
      scene.connection = { ...scene.connection, location: { ...location, region: 'eu-west-1' } }
    },
    vendor: { red: 'object', cause: 'wrong-region' },
    administrator: null,
    repair: { by: 'ours', says: /set the region of the connection/ },
    mend: (scene) => {
      const { location } = scene.connection
      if (location.service !== 's3') throw new TypeError('no bucket')
      scene.connection = { ...scene.connection, location: { ...location, region } }
    },
  },
  {
    cloud: 'aws',
    name: 'session-expired',
    story: 'S3 holds every session for run out',
    break: (scene) => {
      scene.stage.sandbox.setFaults([{ match: { operation: 's3:PutObject' }, do: { kind: 'expired-token' } }])
    },
    vendor: { red: 'session', cause: 'session-expired' },
    administrator: null,
    repair: { by: 'ours', says: /get a fresh session/ },
    mend: (scene) => scene.stage.sandbox.setFaults([]),
  },
  {
    cloud: 'aws',
    name: 'key-revoked',
    story: 'IT deletes the access key',
    wish: { authentication: 'access-key' },
    break: (scene) => scene.revokeKey(),
    vendor: { red: 'access-key', cause: 'credentials-revoked' },
    administrator: 'blind',
    repair: { by: 'ours', says: /get a new access key/ },
    mend: async (scene) => {
      const pair = await makeAccessKey(scene.stage, scene.name)
      await scene.change(pair)
      signWith(scene, pair.secretAccessKey)
    },
  },
  {
    cloud: 'aws',
    name: 'secret-wrong',
    story: 'the secret of the access key is entered with a mistake',
    wish: { authentication: 'access-key' },
    break: (scene) => {
      if (scene.secret.kind !== 'access-key') throw new TypeError('no access key')
      scene.right = scene.secret.secretAccessKey
      signWith(scene, `${scene.right.slice(0, -1)}${scene.right.endsWith('x') ? 'y' : 'x'}`)
    },
    vendor: { red: 'access-key', cause: 'secret-wrong' },
    administrator: 'blind',
    repair: { by: 'ours', says: /enter the secret access key again/ },
    mend: (scene) => signWith(scene, scene.right),
  },
  {
    cloud: 'aws',
    name: 'user-permission',
    story: 'IT takes writing from the user whose access key we have',
    wish: { authentication: 'access-key' },
    break: (scene) =>
      setUserPolicy(scene.stage, scene.name, {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }],
      }),
    vendor: { red: 'permissions', cause: 'missing-permission' },
    administrator: 'blind',
    repair: { by: 'theirs', says: /add the action to the statement/ },
    mend: (scene) => setUserPolicy(scene.stage, scene.name, userPolicy(scene.bucket)),
  },
]
