/**
 * What a kit grants, in lines for people: every file of it says what the connection is for, what is granted and why, and
 * what is deliberately not. The facts come from the table in `iam` from which the policies themselves are written.
 */
import type { Connection } from '../../contract/index.ts'
import { type ActionFact, allowedActions, forbiddenActions, type SetupModel } from '../../iam/index.ts'

/** What each purpose means, after the word “Drawbridge”. */
export const purposeText: Readonly<Record<Connection['purpose'], string>> = {
  source: 'reads files of this place and writes nothing',
  enrichment: 'writes results here, reads them back and replaces them',
  export: 'writes reports here; it reads nothing, lists nothing and deletes nothing',
}

/** The three things that every file says. */
export interface GrantText {
  /** One sentence. */
  readonly purpose: string
  /** `s3:PutObject on arn:…: write objects`, one a line. */
  readonly granted: readonly string[]
  readonly notGranted: readonly string[]
}

/** Tells what a kit for a bucket grants. */
export function grantText(connection: Connection, model: SetupModel): GrantText {
  const place = `s3://${model.bucket}/${model.rootPath}`
  return {
    purpose: `Drawbridge connection ${connection.name}, purpose ${connection.purpose}: it ${purposeText[connection.purpose].replace(/^it /, '')}. Place: ${place}, bucket of account ${model.bucketOwner}.`,
    granted: allowedActions(model).map(line),
    notGranted: forbiddenActions(model).map(line),
  }
}

function line({ action, resource, why }: ActionFact): string {
  return `${action} on ${resource}: ${why}`
}

/** The same as comments of a shell or an HCL file, without the number sign. */
export function grantComments(text: GrantText): string[] {
  return [
    text.purpose,
    '',
    'Granted, and why:',
    ...text.granted.map((one) => `  ${one}`),
    'Deliberately not granted:',
    ...text.notGranted.map((one) => `  ${one}`),
  ]
}

/**
 * The purpose as IAM takes it for a description and for the value of a tag: ASCII letters, digits and a few marks, 256
 * characters at most.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
 */
export function iamDescription(text: GrantText): string {
  return text.purpose
    .replace(/[^A-Za-z0-9 _.:/=+@-]/g, ' ')
    .replace(/ +/g, ' ')
    .slice(0, 256)
    .trim()
}
