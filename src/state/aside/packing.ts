/** Packs calls and answers for the way between the threads. Pure. */
import type { Answer, Call, Packed } from './calls.ts'

/** Stands in the text for bytes that travel beside it. */
interface Beside {
  readonly beside: number
}

/** V8 lays all of a message that is longer than 100 KB into the old generation, where it stays until a great collection. */
const longestText = 64 * 1024

/** One message in the making. */
class Parcel<T> {
  readonly #texts: string[] = []
  readonly #bytes: Uint8Array<ArrayBuffer>[] = []
  #length = 0

  /** False: it is full, and this thing did not go in. */
  add(thing: T, lift: (thing: T, lifted: (value: unknown) => unknown) => unknown): boolean {
    const begun = this.#bytes.length
    const text = JSON.stringify(lift(thing, (value) => this.#lifted(value)))
    if (this.#texts.length > 0 && this.#length + text.length > longestText) {
      this.#bytes.length = begun
      return false
    }
    this.#texts.push(text)
    this.#length += text.length
    return true
  }

  end(cloned: readonly T[]): Packed<T> {
    return { text: `[${this.#texts.join(',')}]`, bytes: this.#bytes, cloned }
  }

  #lifted(value: unknown): unknown {
    return Array.isArray(value) ? value.map((one) => this.#liftedOne(one)) : this.#liftedOne(value)
  }

  /** The bytes are copied, since they are given away with the message. */
  #liftedOne(value: unknown): unknown {
    if (!(value instanceof Uint8Array)) return value
    this.#bytes.push(new Uint8Array(value))
    const place: Beside = { beside: this.#bytes.length - 1 }
    return place
  }
}

function pack<T>(
  text: readonly T[],
  cloned: readonly T[],
  lift: (thing: T, lifted: (value: unknown) => unknown) => unknown,
): Packed<T>[] {
  const packed: Packed<T>[] = []
  let parcel = new Parcel<T>()
  for (const thing of text) {
    if (parcel.add(thing, lift)) continue
    packed.push(parcel.end([]))
    parcel = new Parcel<T>()
    parcel.add(thing, lift)
  }
  return [...packed, parcel.end(cloned)]
}

function put(value: unknown, bytes: readonly Uint8Array[]): unknown {
  return Array.isArray(value) ? value.map((one) => putOne(one, bytes)) : putOne(value, bytes)
}

function putOne(value: unknown, bytes: readonly Uint8Array[]): unknown {
  const isBeside = typeof value === 'object' && value !== null && 'beside' in value
  return isBeside ? bytes[Number(value.beside)] : value
}

/** Packs calls, into several messages when they are long. */
export function packCalls(text: readonly Call[], cloned: readonly Call[]): Packed<Call>[] {
  return pack(text, cloned, (call, lifted) => ({ ...call, values: call.values.map(lifted) }))
}

/** The calls that were packed, in the order of each kind. */
export function unpackCalls({ text, bytes, cloned }: Packed<Call>): readonly Call[] {
  const told: Call[] = JSON.parse(text)
  return [...told.map((call) => ({ ...call, values: call.values.map((value) => put(value, bytes)) })), ...cloned]
}

/** Packs answers, into several messages when they are long. */
export function packAnswers(text: readonly Answer[], cloned: readonly Answer[]): Packed<Answer>[] {
  return pack(text, cloned, (answer, lifted) =>
    'value' in answer ? { ...answer, value: lifted(answer.value) } : answer,
  )
}

/** The answers that were packed. */
export function unpackAnswers({ text, bytes, cloned }: Packed<Answer>): readonly Answer[] {
  const told: Answer[] = JSON.parse(text)
  return [
    ...told.map((answer) => ('value' in answer ? { ...answer, value: put(answer.value, bytes) } : answer)),
    ...cloned,
  ]
}

/** The memory that goes over with a message, for good. */
export function givenWith({ bytes }: Packed<unknown>): ArrayBuffer[] {
  return bytes.map(({ buffer }) => buffer)
}
