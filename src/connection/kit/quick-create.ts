/**
 * The quick-create link: one click from the README to a filled-in CloudFormation form. CloudFormation reads templates only
 * from S3, so the operator publishes them to a bucket of their own. The address is made of the template's own hash: nobody
 * can guess it, it never changes its content, and neither External ID nor customer stands in a link.
 */
import { createHash } from 'node:crypto'
import { type Partition, partitionOf } from '../model/role-arn.ts'

const consoles: Readonly<Record<Partition, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
}

/** Where the operator publishes a template: `<templateBucketUrl>/<sha256 of the text>/cloudformation.json`. */
export interface QuickCreate {
  /** The link for the customer. */
  readonly link: string
  /** The address that must serve the very text of `cloudformation.json`. */
  readonly templateUrl: string
}

/**
 * Makes the link.
 *
 * @param template the exact text of the file
 * @throws TypeError — the template bucket's address is not an https URL without a query
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html
 */
export function quickCreate(
  templateBucketUrl: string,
  template: string,
  stackName: string,
  region: string,
): QuickCreate {
  const folder = new URL(templateBucketUrl)
  if (folder.protocol !== 'https:' || folder.search !== '' || folder.hash !== '' || folder.username !== '') {
    throw new TypeError('the template bucket has an https address without a query')
  }
  const digest = createHash('sha256').update(template, 'utf8').digest('hex')
  const templateUrl = `${folder.origin}${folder.pathname.replace(/\/+$/, '')}/${digest}/cloudformation.json`
  const query = new URLSearchParams({ templateURL: templateUrl, stackName })
  return {
    templateUrl,
    link: `https://${consoles[partitionOf(region)]}/cloudformation/home?region=${encodeURIComponent(region)}#/stacks/quickcreate?${query.toString()}`,
  }
}
