/**
 * The thin pipe for blocks: Put Block straight over `node:http`, authorized by the SAS in its address. Everything else goes
 * through the SDK, which keeps a copy of every piece until the collector comes by. A refusal comes out in the SDK's shape, so
 * that one file translates both.
 * @see https://learn.microsoft.com/en-us/rest/api/storageservices/put-block
 */
import type { Secret } from '../../../base/index.ts'
import type { Agents } from '../../endpoint/agents.ts'
import { type AnswerHeaders, element, exchange, type WirePut } from '../../wire/exchange.ts'

/** One block on its way. */
export interface BlockRequest extends Pick<WirePut, 'body' | 'sizeBytes' | 'signal'> {
  readonly containerUrl: string
  readonly sas: Secret
  readonly agents: Agents
  readonly key: string
  readonly blockId: string
  /** Of the block: Azure compares it. */
  readonly md5: Buffer
}

/** The version of the protocol whose words are used here; blocks of up to 4,000 MiB came with 2019-12-12. */
const protocolVersion = '2021-12-02'

/** What Azure answered instead of success. */
class BlockRefusal extends Error {
  readonly statusCode: number
  readonly code: string | undefined
  readonly $response: { readonly headers: AnswerHeaders }

  constructor(status: number, headers: AnswerHeaders, text: string) {
    super([element(text, 'Message'), element(text, 'AuthenticationErrorDetail')].filter(Boolean).join(' '))
    this.name = 'BlockRefusal'
    this.statusCode = status
    this.code = element(text, 'Code')
    this.$response = { headers }
  }
}

/** Stages one block. @throws what `azureError` translates */
export async function putBlock({
  containerUrl,
  sas,
  agents,
  key,
  blockId,
  md5,
  ...wanted
}: BlockRequest): Promise<void> {
  const address = new URL(containerUrl)
  const name = key.split('/').map(encodeURIComponent).join('/')
  const query = `comp=block&blockid=${encodeURIComponent(blockId)}&${sas.reveal().replace(/^\?/, '')}`
  const { status, headers, text } = await exchange({
    ...wanted,
    agents,
    address,
    path: `${address.pathname}/${name}?${query}`,
    headers: [
      ['host', address.host],
      ['content-length', `${wanted.sizeBytes}`],
      ['content-type', 'application/octet-stream'],
      ['content-md5', md5.toString('base64')],
      ['x-ms-version', protocolVersion],
    ].flat(),
  })
  if (status !== 201) throw new BlockRefusal(status, headers, text)
}
