/** The API's routes, made from the table of operations through the wire library. No operation's behaviour lives here. */
import { OpenAPIGenerator } from '@orpc/openapi'
import { OpenAPIHandler } from '@orpc/openapi/fetch'
import { type AnyRouter, implement } from '@orpc/server'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'
import { z } from 'zod'
import { DrawbridgeError, errorCodes } from '../base/index.ts'
import {
  apiPrefix,
  contractOf,
  type Operation,
  operations,
  type RemoteOperationName,
  readErrorBody,
  remoteOperationNames,
  toOrpcContract,
  uploadRoute,
} from '../contract/index.ts'
import { type Caller, type House, invoke } from '../operations/index.ts'
import { toOrpcError, toWireError } from './wire-error.ts'

interface ApiContext extends Record<PropertyKey, unknown> {
  readonly caller: Caller
  /** Notes a fault of our own for the log: it never reaches the answer. */
  readonly onFault: (error: unknown) => void
}

/** Answers an API request of a caller; null when no operation has that method and path. */
export type Api = (request: Request, caller: Caller, onFault: (error: unknown) => void) => Promise<Response | null>

/** Makes the API over a house. */
export function makeApi(house: House): Api {
  const handler = new OpenAPIHandler<ApiContext>(routerOver(house), {
    customErrorResponseBodyEncoder: (error) => readErrorBody(error.data) ?? toWireError(error).body,
    clientInterceptors: [
      async ({ context, next }) => {
        try {
          return await next()
        } catch (error) {
          throw reported(error, context.onFault)
        }
      },
    ],
  })
  return async (request, caller, onFault) => {
    const { response } = await handler.handle(request, { prefix: apiPrefix, context: { caller, onFault } })
    return response ?? null
  }
}

function routerOver(house: House): AnyRouter {
  const router: Record<string, Record<string, AnyRouter>> = {}
  for (const name of remoteOperationNames()) {
    const dot = name.indexOf('.')
    const group = router[name.slice(0, dot)] ?? {}
    group[name.slice(dot + 1)] = procedureOf(house, name)
    router[name.slice(0, dot)] = group
  }
  return router
}

function procedureOf(house: House, name: RemoteOperationName): AnyRouter {
  const row: Operation = operations[name]
  return implement(contractOf(row))
    .$context<ApiContext>()
    .handler(({ input, context, signal }) => {
      const answer = invoke(house, context.caller, name, input, signal === undefined ? {} : { signal })
      return row.stream === true ? reportingStream(answer as AsyncGenerator<unknown>, context.onFault) : answer
    })
}

async function* reportingStream(
  events: AsyncGenerator<unknown, void, void>,
  onFault: (error: unknown) => void,
): AsyncGenerator<unknown, void, void> {
  try {
    yield* events
  } catch (error) {
    throw reported(error, onFault)
  }
}

function reported(error: unknown, onFault: (error: unknown) => void): Error {
  const wire = toOrpcError(error)
  if (wire.data.code === 'internal' && !(error instanceof DrawbridgeError)) onFault(error)
  return wire
}

/** Generates the OpenAPI document of the API, with the one route that the table does not carry. */
export async function openApiDocument(version: string, baseUrl: string): Promise<Record<string, unknown>> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] })
  const document = await generator.generate(toOrpcContract(), {
    info: { title: 'Drawbridge', version, description: 'Reaches buckets that other people own.' },
    servers: [{ url: `${baseUrl}${apiPrefix}` }],
    components: {
      securitySchemes: {
        operator: { type: 'http', scheme: 'bearer', description: 'the token of `server.json` in the data directory' },
      },
    },
    security: [{ operator: [] }],
  })
  const paths: Record<string, unknown> = { ...document.paths, [uploadRoute.path]: { post: uploadOperation } }
  for (const path of Object.values(paths)) {
    for (const operation of Object.values(path as Record<string, { responses?: Record<string, unknown> }>)) {
      operation.responses = { ...operation.responses, default: errorAnswer }
    }
  }
  return { ...document, paths }
}

const errorAnswer = {
  description: 'Every answer that is not a success; docs/errors.md lists the codes.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        properties: {
          code: { type: 'string', enum: Object.keys(errorCodes) },
          message: { type: 'string' },
          help: { type: 'string' },
        },
        required: ['code', 'message'],
      },
    },
  },
}

const uploadOperation: { readonly [member: string]: unknown; responses?: Record<string, unknown> } = {
  operationId: 'upload',
  summary: 'Takes one file of a report into the spool; its id goes into delivery.create.',
  tags: ['delivery'],
  parameters: [{ name: 'name', in: 'query', required: true, schema: { type: 'string' } }],
  requestBody: {
    required: true,
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  },
  responses: { '200': { description: 'OK', content: { 'application/json': { schema: uploadSchema() } } } },
}

function uploadSchema(): unknown {
  const { $schema: _, ...schema } = z.toJSONSchema(uploadRoute.output)
  return schema
}
