/**
 * Where the elements of a policy text stand. The reader notes offsets as it goes; lines and columns are worked out only
 * for the elements that somebody asks for. Kept as a tree: pointers of all elements written out could be far longer than
 * the text.
 */

/** A run of the text. */
export interface TextSpan {
  /** In UTF-16 units from the start of the text. */
  readonly offset: number
  readonly length: number
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
}

/** Where a member's name and its value stand; elements of a list and the whole text have no name. */
export interface ElementPosition {
  readonly key: TextSpan | null
  readonly value: TextSpan
}

/** What the reader notes of one value. */
export class PositionNode {
  #start = 0
  #end = 0
  #keyStart = -1
  #keyEnd = -1
  #children: Map<string, PositionNode> | null = null

  /** Notes where the value begins and ends. */
  note(start: number, end: number): void {
    this.#start = start
    this.#end = end
  }

  /** Adds the node of a member or element. */
  child(step: string, keyStart: number, keyEnd: number): PositionNode {
    const node = new PositionNode()
    node.#keyStart = keyStart
    node.#keyEnd = keyEnd
    this.#children ??= new Map()
    this.#children.set(step, node)
    return node
  }

  /** The node of a member or element; null when there is none. */
  step(step: string): PositionNode | null {
    return this.#children?.get(step) ?? null
  }

  /** Offsets of name and value. */
  get offsets(): { readonly key: readonly [number, number] | null; readonly value: readonly [number, number] } {
    return {
      key: this.#keyStart < 0 ? null : [this.#keyStart, this.#keyEnd],
      value: [this.#start, this.#end],
    }
  }
}

/** Finds the place of any element of one text by its JSON pointer. */
export class PositionIndex {
  readonly #root: PositionNode
  readonly #lineStarts: readonly number[]

  constructor(text: string, root: PositionNode) {
    this.#root = root
    this.#lineStarts = findLineStarts(text)
  }

  /** Where the element stands; null when the text has no such element. */
  at(pointer: string): ElementPosition | null {
    const { node, isWhole } = this.#walk(pointer)
    return isWhole ? this.#locate(node) : null
  }

  /** Where the element, or the nearest element around the place where it is missing, stands. */
  nearest(pointer: string): ElementPosition {
    return this.#locate(this.#walk(pointer).node)
  }

  #walk(pointer: string): { readonly node: PositionNode; readonly isWhole: boolean } {
    let node = this.#root
    for (const step of pointerSteps(pointer)) {
      const next = node.step(step)
      if (next === null) return { node, isWhole: false }
      node = next
    }
    return { node, isWhole: true }
  }

  #locate(node: PositionNode): ElementPosition {
    const { key, value } = node.offsets
    return { key: key === null ? null : this.#span(...key), value: this.#span(...value) }
  }

  #span(start: number, end: number): TextSpan {
    const line = lineOf(this.#lineStarts, start)
    return { offset: start, length: end - start, line, column: start - (this.#lineStarts[line - 1] ?? 0) + 1 }
  }
}

/** Unescapes the steps of a JSON pointer (RFC 6901). */
function pointerSteps(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Offsets at which lines begin; lines end with a line feed. */
export function findLineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** The line, from 1, in which an offset lies. */
export function lineOf(lineStarts: readonly number[], offset: number): number {
  let low = 0
  let high = lineStarts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low + 1
}
