/**
 * The IAM actions on OpenID Connect providers. As in AWS, with one exception: an issuer on loopback may speak plain HTTP
 * and have a port, because nobody has a certificate there.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
 */
import { AwsError } from '../http/aws-error.ts'
import { list, required, validation } from '../http/form.ts'
import { element, leaf } from '../http/xml.ts'
import type { OidcProvider } from '../world/entities.ts'
import { allow, alreadyExists, type IamAction, type IamRequest, moment, noSuchEntity } from './request.ts'

const mostClientIds = 100

const createProvider: IamAction = (request) => {
  const { world, account, form } = request
  const issuer = issuerOf(required(form, 'Url'))
  const arn = `arn:aws:iam::${account.id}:oidc-provider/${issuer.slice(issuer.indexOf('://') + 3)}`
  allow(request, 'iam:CreateOpenIDConnectProvider', arn)
  if (account.oidcProviders.has(arn)) throw alreadyExists(`Provider with url ${issuer} already exists.`)
  const clientIds = list(form, 'ClientIDList').map(clientId)
  if (clientIds.length > mostClientIds) throw tooManyClientIds()
  const thumbprints = list(form, 'ThumbprintList').map(thumbprint)
  account.oidcProviders.set(arn, { arn, issuer, clientIds, thumbprints, createdAt: world.clock.now() })
  return leaf('OpenIDConnectProviderArn', arn)
}

const getProvider: IamAction = (request) => {
  const { issuer, clientIds, thumbprints, createdAt } = existing(request, 'iam:GetOpenIDConnectProvider')
  return [
    // IAM shows the address without its scheme.
    leaf('Url', issuer.slice(issuer.indexOf('://') + 3)),
    moment('CreateDate', createdAt),
    element('ClientIDList', ...clientIds.map((id) => leaf('member', id))),
    element('ThumbprintList', ...thumbprints.map((one) => leaf('member', one))),
  ].join('')
}

const listProviders: IamAction = (request) => {
  allow(request, 'iam:ListOpenIDConnectProviders', '*')
  const rows = [...request.account.oidcProviders.keys()].map((arn) => element('member', leaf('Arn', arn)))
  return element('OpenIDConnectProviderList', ...rows)
}

const deleteProvider: IamAction = (request) => {
  const { arn } = existing(request, 'iam:DeleteOpenIDConnectProvider')
  request.account.oidcProviders.delete(arn)
  return null
}

/** Adding one that is there changes nothing. */
const addClientId: IamAction = (request) => {
  const provider = existing(request, 'iam:AddClientIDToOpenIDConnectProvider')
  const id = clientId(required(request.form, 'ClientID'))
  if (provider.clientIds.includes(id)) return null
  if (provider.clientIds.length >= mostClientIds) throw tooManyClientIds()
  provider.clientIds.push(id)
  return null
}

/** Removing one that is not there changes nothing. */
const removeClientId: IamAction = (request) => {
  const provider = existing(request, 'iam:RemoveClientIDFromOpenIDConnectProvider')
  const index = provider.clientIds.indexOf(required(request.form, 'ClientID'))
  if (index !== -1) provider.clientIds.splice(index, 1)
  return null
}

const updateThumbprint: IamAction = (request) => {
  const provider = existing(request, 'iam:UpdateOpenIDConnectProviderThumbprint')
  provider.thumbprints = list(request.form, 'ThumbprintList').map(thumbprint)
  return null
}

function existing(request: IamRequest, action: string): OidcProvider {
  const arn = required(request.form, 'OpenIDConnectProviderArn')
  allow(request, action, arn)
  const provider = request.account.oidcProviders.get(arn)
  if (provider === undefined) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`)
  return provider
}

/** The address as tokens must say it, without a slash at its end. @throws AwsError */
function issuerOf(text: string): string {
  const url = text.length <= 255 && URL.canParse(text) ? new URL(text) : null
  const isLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  const isPlain = url !== null && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  const isRight = url !== null && (isLoopback || (url.protocol === 'https:' && url.port === ''))
  if (!isPlain || !isRight) throw validation('Invalid Open ID Connect Provider URL')
  return text.replace(/\/+$/, '')
}

function clientId(id: string): string {
  if (id.length >= 1 && id.length <= 255) return id
  throw validation("Value at 'clientID' failed to satisfy constraint: Member must have length between 1 and 255")
}

function thumbprint(text: string): string {
  if (/^[0-9a-fA-F]{40}$/.test(text)) return text.toLowerCase()
  throw validation("Value at 'thumbprintList' failed to satisfy constraint: Member must have length equal to 40")
}

function tooManyClientIds(): AwsError {
  const message = `Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${mostClientIds}`
  return new AwsError({ code: 'LimitExceeded', status: 409, message })
}

/** The actions on OpenID Connect providers, by name. */
export const oidcProviderActions: Readonly<Record<string, IamAction>> = {
  CreateOpenIDConnectProvider: createProvider,
  GetOpenIDConnectProvider: getProvider,
  ListOpenIDConnectProviders: listProviders,
  DeleteOpenIDConnectProvider: deleteProvider,
  AddClientIDToOpenIDConnectProvider: addClientId,
  RemoveClientIDFromOpenIDConnectProvider: removeClientId,
  UpdateOpenIDConnectProviderThumbprint: updateThumbprint,
}
