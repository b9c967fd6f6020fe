/** Role ARNs: read strictly, refused with a line that says what is wrong, and made for the role of the set-up kit. */
import { invalid, quoted } from './refuse.ts'

export type Partition = 'aws' | 'aws-cn' | 'aws-us-gov'

export interface RoleName {
  readonly partition: Partition
  readonly account: string
  /** With its path, without a leading slash. */
  readonly path: string
}

/** Tells in which partition a region lies. */
export function partitionOf(region: string): Partition {
  if (region.startsWith('cn-')) return 'aws-cn'
  if (region.startsWith('us-gov-')) return 'aws-us-gov'
  return 'aws'
}

/** Reads a role ARN. @throws input-invalid — each usual mistake with a line of its own */
export function parseRoleArn(text: string): RoleName {
  const field = 'roleArn'
  if (!text.startsWith('arn:')) {
    throw invalid(
      field,
      `${quoted(text)} is not a full role ARN`,
      'it starts with `arn:aws:iam::`; the IAM console shows it on the page of the role',
    )
  }
  const [, partition, service, region, account, ...rest] = text.split(':')
  const resource = rest.join(':')
  if (service === 'sts' && resource.startsWith('assumed-role/')) {
    throw invalid(
      field,
      `${quoted(text)} is a session, not a role`,
      'name the role: `arn:aws:iam::<account>:role/<name>`',
    )
  }
  if (service !== 'iam' || region !== '') {
    throw invalid(field, `${quoted(text)} is not an ARN of IAM`, 'it reads `arn:aws:iam::<account>:role/<name>`')
  }
  if (partition !== 'aws' && partition !== 'aws-cn' && partition !== 'aws-us-gov') {
    throw invalid(field, `names the partition ${quoted(partition ?? '')}, which does not exist`)
  }
  if (account === undefined || !/^\d{12}$/.test(account)) {
    const digits = /^\d+$/.test(account ?? '') ? `has ${account?.length ?? 0} digits` : 'is not a number'
    throw invalid(
      field,
      `names the account ${quoted(account ?? '')}, which ${digits}`,
      'an account id has twelve digits',
    )
  }
  if (!resource.startsWith('role/')) {
    throw invalid(field, `${quoted(text)} does not name a role`, 'after the account comes `role/<name>`')
  }
  const path = resource.slice('role/'.length)
  if (!/^[\w+=,.@/-]{1,576}$/.test(path) || path.endsWith('/') || (path.split('/').at(-1) ?? '').length > 64) {
    throw invalid(field, `${quoted(text)} does not name a role`, 'role names have at most 64 of `A-Za-z0-9_+=,.@-`')
  }
  return { partition, account, path }
}

/** The role that the set-up kit creates: `drawbridge-<connection>` in the bucket owner's account. */
export function defaultRoleArn(region: string, bucketOwner: string, connectionName: string): string {
  return `arn:${partitionOf(region)}:iam::${bucketOwner}:role/${`drawbridge-${connectionName}`.slice(0, 64)}`
}

/** The IAM user that the set-up kit creates for an access key: `drawbridge-<connection>` in the bucket owner's account. */
export function defaultUserArn(region: string, bucketOwner: string, connectionName: string): string {
  return `arn:${partitionOf(region)}:iam::${bucketOwner}:user/${`drawbridge-${connectionName}`.slice(0, 64)}`
}

/** The account in an ARN; empty when there is none. */
export function accountOf(arn: string): string {
  return arn.split(':', 5)[4] ?? ''
}
