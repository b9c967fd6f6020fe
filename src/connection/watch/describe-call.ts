/** One API call in words: what it is about, and what is special about it. */
import type { Connection } from '../../contract/index.ts'
import type { ApiCall } from '../../iam/index.ts'

/** Says what a call is about: `on acme-audit/reports/…`, `without an External ID`. */
export function describeCall(call: ApiCall, connection: Connection): string {
  if (call.operation === 'sts:AssumeRole') {
    const special =
      call.webIdentity === undefined
        ? externalIdText(call.externalId, connection)
        : tokenText(call.webIdentity, connection)
    return `of ${call.roleArn}${special}`
  }
  if (!('key' in call)) return `on ${call.bucket}${call.prefix === null ? '' : `, prefix ${call.prefix}`}`
  const isInside = call.key.startsWith(connection.location.rootPath)
  const place = `on ${call.bucket}/${call.key}${isInside ? '' : ', outside the root path'}`
  if (call.operation !== 's3:PutObject') return place
  const { acl, encryption, multipart } = call
  return [
    place,
    ...(acl === 'none' ? [] : [`ACL ${acl}`]),
    ...(encryption.kind === 'bucket-default' ? [] : [encryption.kind]),
    ...(multipart ? ['in parts'] : []),
  ].join(', ')
}

function tokenText(
  sent: { readonly audience: string; readonly subject: string },
  { authentication }: Connection,
): string {
  const ours = authentication.kind === 'role' ? authentication.webIdentity : undefined
  if (sent.subject !== ours?.subject) return ' with a token of another subject'
  return sent.audience === ours.audience ? '' : ' with a token for another audience'
}

function externalIdText(sent: string | null, { authentication }: Connection): string {
  const ours = authentication.kind === 'role' ? authentication.externalId : null
  if (ours === null) return ''
  if (sent === null) return ' without an External ID'
  return sent === ours ? '' : ' with another External ID'
}
