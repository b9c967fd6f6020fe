/**
 * The log of a server or worker: lines for people, or structured lines by pino for machines. Every line passes the scrubber
 * last, whatever it was made of.
 */
import pino, { type Logger } from 'pino'
import { DrawbridgeError } from '../base/index.ts'
import type { DeliveryEvent } from '../delivery/index.ts'
import { type RequestLine, type ServerLog, scrub } from '../server/index.ts'
import { printable, type Terminal } from './terminal.ts'

/** Where a long-running command says what happens. */
export interface ServiceLog extends ServerLog {
  delivery(event: DeliveryEvent): void
  /** Something could not be done and is tried again: `watch`, `schedule`, `worker`. */
  trouble(what: string, error: unknown): void
}

/** How it is written. */
export interface ServiceLogOptions {
  readonly format: 'text' | 'json'
  readonly level: 'debug' | 'info' | 'warn' | 'error'
}

/** Opens the log on a terminal's stderr. */
export function openServiceLog(terminal: Terminal, options: ServiceLogOptions): ServiceLog {
  return options.format === 'json' ? structuredLog(terminal, options.level) : plainLog(terminal)
}

function plainLog(terminal: Terminal): ServiceLog {
  const note = (line: string): void => terminal.note(printable(scrub(line)))
  return {
    request: ({ time, method, path, status, durationMs, caller }) =>
      note(`${time} ${method} ${path} ${status} ${durationMs} ms ${caller}`),
    fault: (error) => note(`fault: ${stackOf(error)}`),
    trouble: (what, error) =>
      note(`${what}: ${error instanceof DrawbridgeError ? `${error.message}; ${error.help}` : stackOf(error)}`),
    delivery: (event) => {
      if (event.type === 'crash') note(`fault: ${stackOf(event.error)}`)
    },
  }
}

function structuredLog(terminal: Terminal, level: ServiceLogOptions['level']): ServiceLog {
  const logger: Logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'event',
      formatters: { level: (label) => ({ level: label }) },
    },
    // The scrubber sees the finished line: nothing can be added behind it.
    { write: (line: string) => terminal.note(printable(scrub(line.trimEnd()))) },
  )
  return {
    request: ({ time: _time, ...line }: RequestLine) => logger.info(line, 'request'),
    fault: (error) => logger.error({ fault: stackOf(error) }, 'fault'),
    trouble: (what, error) => logger.warn({ what, ...troubleOf(error) }, 'trouble'),
    delivery: (event) => logDelivery(logger, event),
  }
}

function logDelivery(logger: Logger, event: DeliveryEvent): void {
  if (event.type === 'progress') return
  if (event.type === 'crash') {
    logger.error({ delivery: event.delivery, fault: stackOf(event.error) }, 'fault')
    return
  }
  const { type, ...facts } = event
  const isBad = ['refused', 'failed', 'conflict', 'parked', 'quarantined'].includes(facts.state)
  logger[isBad ? 'warn' : 'info'](facts, type)
}

function troubleOf(error: unknown): Record<string, string> {
  if (!(error instanceof DrawbridgeError)) return { fault: stackOf(error) }
  return { code: error.code, message: error.message, help: error.help }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
