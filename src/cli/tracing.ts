/**
 * OpenTelemetry behind the seam of the rooms: spans go out as OTLP over HTTP. Loaded only where the environment names a
 * receiver, so that nobody else pays for it.
 */
import { type Attributes, context, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { DrawbridgeError, type SpanFacts, type Tracing } from '../base/index.ts'
import { version } from './version.ts'

/** Tracing that is on. */
export interface OpenTracing extends Tracing {
  /** Sends what is left and stops. Never rejects: a receiver that is gone is no reason to fail. */
  close(): Promise<void>
}

/** What OpenTelemetry's environment variables say. @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
export interface TracingSettings {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`: the base to which `v1/traces` is added. */
  readonly endpoint: string
  /** `OTEL_SERVICE_NAME`; absent: `drawbridge`. */
  readonly serviceName: string | undefined
}

const closeMs = 5_000

/** Opens tracing. @throws configuration-invalid — the endpoint is no http address */
export function openTracing({ endpoint, serviceName = 'drawbridge' }: TracingSettings): OpenTracing {
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new DrawbridgeError({
      code: 'configuration-invalid',
      message: 'OTEL_EXPORTER_OTLP_ENDPOINT is no http address',
      operation: 'tracing.open',
      help: 'such as `http://127.0.0.1:4318`',
    })
  }
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  // Headers of the receiver are the exporter's own business: it reads them from the environment and tells nobody.
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: closeMs })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('drawbridge', version)
  return {
    span: (name, facts, work) =>
      tracer.startActiveSpan(name, { attributes: attributesOf(facts) }, async (span) => {
        try {
          return await work({ note: (more) => span.setAttributes(attributesOf(more)) })
        } catch (error) {
          // The code alone: messages may name what a report is called.
          const code = error instanceof DrawbridgeError ? error.code : error instanceof Error ? error.name : 'unknown'
          span.setStatus({ code: SpanStatusCode.ERROR, message: code })
          throw error
        } finally {
          span.end()
        }
      }),
    close: async () => {
      await provider.shutdown().catch(() => {})
      context.disable()
      trace.disable()
    },
  }
}

function attributesOf(facts: SpanFacts): Attributes {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [`drawbridge.${name}`, value]))
}
