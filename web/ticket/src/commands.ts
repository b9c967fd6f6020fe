/**
 * One repaired policy in the forms in which administrators apply policies: the AWS CLI, and the property or attribute of a
 * CloudFormation template and a Terraform configuration. Text only; nothing is applied here.
 */
import type { PastedPolicy } from '../../../src/contract/index.ts'
import type { Target } from './page-data.ts'

/** One form, ready to copy. */
export interface Form {
  readonly title: string
  readonly text: string
}

/** Writes the forms of a repaired policy; `after` null: the policy is to be deleted. */
export function formsOf(policy: PastedPolicy, after: unknown, target: Target): Form[] {
  const command = { title: 'AWS CLI', text: awsCli(policy, after, target) }
  if (after === null) return [command]
  const json = JSON.stringify(after, null, 2)
  return [
    command,
    { title: 'CloudFormation', text: `"${properties[policy]}": ${json}` },
    // A JSON value is an HCL expression once `${` and `%{` are kept from being templates.
    { title: 'Terraform', text: `${attributes[policy]} = jsonencode(${json.replace(/([$%])\{/g, '$1$1{')})` },
  ]
}

const properties: Readonly<Record<PastedPolicy, string>> = {
  trust: 'AssumeRolePolicyDocument',
  permissions: 'PolicyDocument',
  boundary: 'PolicyDocument',
  bucket: 'PolicyDocument',
  key: 'KeyPolicy',
}
const attributes: Readonly<Record<PastedPolicy, string>> = {
  trust: 'assume_role_policy',
  permissions: 'policy',
  boundary: 'policy',
  bucket: 'policy',
  key: 'policy',
}

function awsCli(policy: PastedPolicy, after: unknown, target: Target): string {
  const role = quote(target.roleName)
  const bucket = quote(target.bucket)
  if (after === null) {
    if (policy === 'bucket') return `aws s3api delete-bucket-policy --bucket ${bucket}\n`
    return `# delete the ${policy} policy\n`
  }
  const file = `${policy}-policy.json`
  const made = `cat > ${file} <<'POLICY'\n${JSON.stringify(after, null, 2)}\nPOLICY\n`
  switch (policy) {
    case 'trust':
      return `${made}aws iam update-assume-role-policy --role-name ${role} --policy-document file://${file}\n`
    case 'permissions':
      return `${made}# an inline policy of another name: put that name here\naws iam put-role-policy --role-name ${role} --policy-name ${quote(target.policyName)} --policy-document file://${file}\n`
    case 'boundary':
      return `${made}aws iam create-policy-version --set-as-default --policy-document file://${file} --policy-arn "$(aws iam get-role --role-name ${role} --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)"\n`
    case 'bucket':
      return `${made}aws s3api put-bucket-policy --bucket ${bucket} --policy file://${file}\n`
    case 'key':
      return `${made}aws kms put-key-policy --region ${quote(target.region)} --key-id ${quote(target.keyArn ?? 'the key')} --policy-name default --policy file://${file}\n`
  }
}

/** Quotes a word for `sh`. */
function quote(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
