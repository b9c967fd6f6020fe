/**
 * Intake of a location: a bucket, a container or a directory. The form is checked here; whether it exists, and whether
 * we may use it, is for verification. Custom endpoints and Azure hosts pass the endpoint guard before anything is kept.
 */
import type { Location, S3Location } from '../../contract/index.ts'
import { checkEndpoint } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import { invalid, quoted } from './refuse.ts'

const azureHost = /^[a-z0-9]{3,24}\.blob\.core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)$/
/** Container names: 3–63, lower case, digits, single hyphens. */
const containerPath = /^\/[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}$/

/** Checks a location and returns it in its one normal form. @throws input-invalid | endpoint-refused */
export async function takeLocation(location: Location, context: ConnectionContext): Promise<Location> {
  checkRootPath(location.rootPath)
  switch (location.service) {
    case 's3':
      return takeBucket(location, context)
    case 'azblob':
      return { ...location, containerUrl: await takeContainer(location.containerUrl, context) }
    case 'local':
      if (location.directory.includes('\0')) throw invalid('directory', 'holds a character that no path has')
      return location
  }
}

async function takeBucket(location: S3Location, context: ConnectionContext): Promise<S3Location> {
  const uri = location.uri
  if (!uri.startsWith('s3://')) throw invalid('uri', `${quoted(uri)} does not start with \`s3://\``)
  const bucket = uri.slice('s3://'.length)
  const slash = bucket.indexOf('/')
  if (slash !== -1) {
    const rest = bucket.slice(slash + 1)
    throw invalid(
      'uri',
      `${quoted(uri)} must be \`s3://bucket\` alone`,
      rest === '' ? 'leave the slash away' : `put ${quoted(rest.endsWith('/') ? rest : `${rest}/`)} into the root path`,
    )
  }
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || bucket.includes('..')) {
    throw invalid('uri', `${quoted(uri)} does not name a bucket`, '3 to 63 lower-case letters, digits, dots, hyphens')
  }
  if (!/^\d{12}$/.test(location.bucketOwner)) {
    throw invalid('bucketOwner', `${quoted(location.bucketOwner)} is not an account id of twelve digits`)
  }
  if (!/^[a-z0-9-]{2,32}$/.test(location.region)) {
    throw invalid('region', `${quoted(location.region)} is not a region name such as \`eu-central-1\``)
  }
  if (location.endpoint !== undefined) await checkEndpoint(location.endpoint, { allow: context.allowedEndpoints })
  return location
}

async function takeContainer(text: string, context: ConnectionContext): Promise<string> {
  // INVARIANT: this text may carry a pasted SAS token, so it is never quoted in a message.
  if (!URL.canParse(text)) throw invalid('containerUrl', 'is not a URL')
  const url = new URL(text)
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw invalid('containerUrl', 'must end with the container', 'what follows the question mark is the SAS token')
  }
  const isAllowListed = context.allowedEndpoints.includes(url.origin)
  if (!isAllowListed && (url.protocol !== 'https:' || !azureHost.test(url.host))) {
    throw invalid('containerUrl', 'must be `https://<account>.blob.core.windows.net/<container>`')
  }
  const path = url.pathname.replace(/\/$/, '')
  // An emulator or a gateway of the operator's own puts the account into the path.
  const container = isAllowListed ? `/${path.split('/').at(-1) ?? ''}` : path
  if (!containerPath.test(container)) {
    throw invalid('containerUrl', 'must name one container', 'a folder inside it goes into the root path')
  }
  await checkEndpoint(url.origin, { allow: context.allowedEndpoints })
  return `${url.origin}${path}`
}

/**
 * Refuses root paths that a store or a policy would read in another way than a person does: dot segments climb, and
 * `*`, `?` and `$` are wildcards and variables in the Resource of the policies that the set-up kit writes.
 */
function checkRootPath(rootPath: string): void {
  if (rootPath === '') return
  if (rootPath.startsWith('/')) {
    throw invalid('rootPath', `${quoted(rootPath)} must not start with a slash`, 'write `audit/exports/`')
  }
  if (!rootPath.endsWith('/')) {
    throw invalid('rootPath', `${quoted(rootPath)} must end in a slash`, 'write `audit/exports/`')
  }
  if (Buffer.byteLength(rootPath) > 512) throw invalid('rootPath', 'is longer than 512 bytes')
  if (/[*?$\\\s\p{Cc}]/u.test(rootPath)) {
    throw invalid(
      'rootPath',
      `${quoted(rootPath)} holds a space, \`*\`, \`?\`, \`$\`, a backslash or a control character`,
    )
  }
  const segments = rootPath.slice(0, -1).split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw invalid('rootPath', `${quoted(rootPath)} holds an empty segment, \`.\` or \`..\``)
  }
}
