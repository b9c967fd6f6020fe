/** Connections and routes for the terminal. Pure. */
import type { Connection, Location, Route, TargetHealth } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { renderChain } from './chain.ts'
import { renderTable } from './table.ts'

/** Writes where a connection leads: `s3://bucket/root/`, the container's URL, a directory. */
export function locationText(location: Location): string {
  const place =
    location.service === 's3'
      ? `${location.uri}/`
      : location.service === 'azblob'
        ? `${location.containerUrl}/`
        : `${location.directory}/`
  return printable(`${place}${location.rootPath}`)
}

/** Lists connections, one a line. */
export function renderConnections(connections: readonly Connection[], colors: Colors): string {
  if (connections.length === 0) return 'no connections yet; `drawbridge connection add --help` shows how to begin'
  return renderTable([
    ['', 'NAME', 'PURPOSE', 'STATE', 'LOCATION'].map(colors.dim),
    ...connections.map((connection) => [
      stateMark(connection.state, colors),
      colors.bold(connection.name),
      connection.purpose,
      connection.state,
      locationText(connection.location),
    ]),
  ])
}

function stateMark(state: Connection['state'], colors: Colors): string {
  if (state === 'active') return colors.green('●')
  return state === 'broken' ? colors.red('✗') : colors.dim('?')
}

/** Draws one connection with the chain of its last verification. */
export function renderConnection(connection: Connection, columns: number, colors: Colors): string {
  const { lastVerification } = connection
  const rows = [
    ['purpose', connection.purpose],
    ['location', locationText(connection.location)],
    ...(connection.location.service === 's3'
      ? [
          ['region', connection.location.region],
          ['bucket owner', connection.location.bucketOwner],
        ]
      : []),
    ...authenticationRows(connection),
    ['state', connection.state],
  ]
  const lines = [
    `${stateMark(connection.state, colors)} ${colors.bold(connection.name)}`,
    renderTable(rows.map(([name = '', value = '']) => [`  ${colors.dim(name)}`, value])),
    ...connection.warnings.map((warning) => `${colors.yellow('warning:')} ${printable(warning)}`),
  ]
  if (lastVerification === undefined) {
    lines.push('', colors.dim(`not verified yet: drawbridge connection verify ${connection.name}`))
  } else {
    const since = lastVerification.redSince === undefined ? '' : `, red since ${lastVerification.redSince}`
    const when = `verified ${lastVerification.finishedAt}${since}`
    lines.push('', colors.dim(when), renderChain(lastVerification.chain, columns, colors))
  }
  return lines.join('\n')
}

function authenticationRows({ authentication }: Connection): string[][] {
  switch (authentication.kind) {
    case 'role':
      return [['role', authentication.roleArn], ...trustRows(authentication), ['STS region', authentication.stsRegion]]
    case 'access-key':
      return [['access key', authentication.accessKeyId]]
    case 'sas':
      return [
        ['SAS token', `${authentication.fingerprint} (${authentication.permissions})`],
        ['expires', authentication.expiresAt ?? 'with its stored access policy'],
      ]
    case 'none':
      return [['authentication', 'none']]
  }
}

/** What the trust policy compares: an External ID, or what an ID token says. */
function trustRows({ externalId, webIdentity }: Extract<Connection['authentication'], { kind: 'role' }>): string[][] {
  if (webIdentity === undefined) return [['External ID', externalId ?? '(none: a role of our own account)']]
  return [
    ['token issuer', webIdentity.issuer],
    ['token audience', webIdentity.audience],
    ['token subject', webIdentity.subject],
  ]
}

/** Lists routes, the primary target first. */
export function renderRoutes(routes: readonly Route[], colors: Colors): string {
  if (routes.length === 0) return 'no routes yet; `drawbridge route add --help` shows how to begin'
  const rows = routes.map((route) => [colors.bold(route.name), route.policy, targetsText(route)])
  const down = routes.flatMap(({ health = [] }) => health.filter(({ circuit }) => circuit !== 'closed'))
  return [
    renderTable([['NAME', 'POLICY', 'TARGETS'].map(colors.dim), ...rows]),
    ...new Set(down.map((target) => downText(target, colors))),
    ...routes.flatMap(({ name, canaries }) => (canaries === undefined ? [] : canariesText(name, canaries))),
  ].join('\n')
}

function downText({ connection, since = '', probeAt = '', reason = '', owed }: TargetHealth, colors: Colors): string {
  const head = `${colors.red('✗')} ${colors.bold(connection)} is down since ${since}, tried again at ${probeAt}; ${owed} owed`
  return `${head}\n  ${colors.dim(printable(reason))}`
}

function canariesText(route: string, { everyHours, nextAt }: NonNullable<Route['canaries']>): string[] {
  if (everyHours === 0) return []
  return [`canaries go on ${route} every ${everyHours} h${nextAt === undefined ? '' : `, next after ${nextAt}`}`]
}

function targetsText(route: Route): string {
  return route.targets.join(route.policy === 'failover' ? ' → ' : ' + ')
}
