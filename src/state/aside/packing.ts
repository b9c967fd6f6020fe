/** Packs calls and answers for the way between the threads. Pure. */
import type { Answer, Call, Packed } from './calls.ts'

/** Stands in the text for bytes that travel beside it. */
interface Beside {
  readonly beside: number
}

function lifted(value: unknown, bytes: Uint8Array[]): unknown {
  if (!(value instanceof Uint8Array)) return value
  // A small piece of a large memory is copied out of it: the whole memory would travel.
  bytes.push(value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value))
  const place: Beside = { beside: bytes.length - 1 }
  return place
}

function put(value: unknown, bytes: readonly Uint8Array[]): unknown {
  const isBeside = typeof value === 'object' && value !== null && 'beside' in value
  return isBeside ? bytes[Number(value.beside)] : value
}

/** Packs calls. */
export function packCalls(text: readonly Call[], cloned: readonly Call[]): Packed<Call> {
  const bytes: Uint8Array[] = []
  const told = text.map((call) => ({ ...call, values: call.values.map((value) => lifted(value, bytes)) }))
  return { text: JSON.stringify(told), bytes, cloned }
}

/** The calls that were packed, in the order of each kind. */
export function unpackCalls({ text, bytes, cloned }: Packed<Call>): readonly Call[] {
  const told: Call[] = JSON.parse(text)
  return [...told.map((call) => ({ ...call, values: call.values.map((value) => put(value, bytes)) })), ...cloned]
}

/** Packs answers. Bytes go over for good: whoever answers keeps none. */
export function packAnswers(text: readonly Answer[], cloned: readonly Answer[]): Packed<Answer> {
  const bytes: Uint8Array[] = []
  const told = text.map((answer) => ('value' in answer ? { ...answer, value: lifted(answer.value, bytes) } : answer))
  return { text: JSON.stringify(told), bytes, cloned }
}

/** The answers that were packed. */
export function unpackAnswers({ text, bytes, cloned }: Packed<Answer>): readonly Answer[] {
  const told: Answer[] = JSON.parse(text)
  return [
    ...told.map((answer) => ('value' in answer ? { ...answer, value: put(answer.value, bytes) } : answer)),
    ...cloned,
  ]
}
