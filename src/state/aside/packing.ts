/** Packs calls and answers for the way between the threads. Pure. */
import type { Answer, Call, Packed } from './calls.ts'

/** Stands in the text for bytes that travel beside it. */
interface Beside {
  readonly beside: number
}

/** Just read from text: the one member with bytes in it may still be changed. */
type Told<T, Member extends keyof T, Value> = Omit<T, Member> & { [name in Member]: Value }

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
    if (!Array.isArray(value)) return this.#liftedOne(value)
    return value.some(isBytes) ? value.map((one) => this.#liftedOne(one)) : value
  }

  /** The bytes are copied, since they are given away with the message. */
  #liftedOne(value: unknown): unknown {
    if (!isBytes(value)) return value
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

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}

/** Puts bytes back where they stood. What was just read from text is ours, and changed in place. */
function put(value: unknown, bytes: readonly Uint8Array[]): unknown {
  if (!Array.isArray(value)) return putOne(value, bytes)
  putEach(value, putOne, bytes)
  return value
}

function putOne(value: unknown, bytes: readonly Uint8Array[]): unknown {
  const isBeside = typeof value === 'object' && value !== null && 'beside' in value
  return isBeside ? bytes[Number(value.beside)] : value
}

function putEach(values: unknown[], putTo: typeof put, bytes: readonly Uint8Array[]): void {
  for (let at = 0; at < values.length; at++) {
    const value = values[at]
    if (typeof value === 'object' && value !== null) values[at] = putTo(value, bytes)
  }
}

/** Packs calls, into several messages when they are long. */
export function packCalls(text: readonly Call[], cloned: readonly Call[]): Packed<Call>[] {
  return pack(text, cloned, (call, lifted) => {
    const { number, room, method, values } = call
    return { number, room, method, values: values.map(lifted) }
  })
}

/** The calls that were packed, in the order of each kind. */
export function unpackCalls({ text, bytes, cloned }: Packed<Call>): readonly Call[] {
  const told: Told<Call, 'values', unknown[]>[] = JSON.parse(text)
  if (bytes.length > 0) for (const { values } of told) putEach(values, put, bytes)
  return cloned.length === 0 ? told : [...told, ...cloned]
}

/** Packs answers, into several messages when they are long. */
export function packAnswers(text: readonly Answer[], cloned: readonly Answer[]): Packed<Answer>[] {
  return pack(text, cloned, (answer, lifted) =>
    'value' in answer ? { number: answer.number, value: lifted(answer.value) } : answer,
  )
}

/** The answers that were packed. */
export function unpackAnswers({ text, bytes, cloned }: Packed<Answer>): readonly Answer[] {
  const told: Told<Answer, 'value', unknown>[] = JSON.parse(text)
  if (bytes.length > 0) for (const answer of told) if ('value' in answer) answer.value = put(answer.value, bytes)
  return cloned.length === 0 ? told : [...told, ...cloned]
}

/** The memory that goes over with a message, for good. */
export function givenWith({ bytes }: Packed<unknown>): ArrayBuffer[] {
  return bytes.map(({ buffer }) => buffer)
}
