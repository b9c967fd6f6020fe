/** A file of the evidence, and how several are laid out in one memory. */

/** A file of the evidence. */
export interface ReceiptFile {
  readonly path: string
  /** `tag`: `layoutPackage` made the same file, so that it may stand in the bucket already. */
  readonly role: 'receipt' | 'tag'
  readonly bytes: Uint8Array
}

/** A file that was made of a text, which need not be read out of its bytes again. */
class TextFile implements ReceiptFile {
  readonly path: string
  readonly role = 'receipt'
  readonly bytes: Uint8Array
  readonly #text: string

  constructor(path: string, bytes: Uint8Array, text: string) {
    this.path = path
    this.bytes = bytes
    this.#text = text
  }

  static textOf(file: ReceiptFile): string | null {
    return #text in file ? file.#text : null
  }
}

/** The text of which a file was made; null: it was not, or nobody knows. */
export function knownText(file: ReceiptFile): string | null {
  return TextFile.textOf(file)
}

/** Makes a file of a text. */
export function textFile(path: string, text: string): ReceiptFile {
  return new TextFile(path, new Uint8Array(Buffer.from(text)), text)
}

/** Makes files of texts, of bytes, or of both, one behind the other in one memory: many small ones take long to make and to give back. */
export function filesInOne(
  contents: readonly (readonly [path: string, content: string | Uint8Array])[],
): ReceiptFile[] {
  let length = 0
  for (const [, content] of contents)
    length += typeof content === 'string' ? Buffer.byteLength(content) : content.length
  const memory = Buffer.allocUnsafeSlow(length)
  let at = 0
  return contents.map(([path, content]) => {
    const start = at
    if (typeof content === 'string') at += memory.write(content, at)
    else {
      memory.set(content, at)
      at += content.length
    }
    const bytes = new Uint8Array(memory.buffer, start, at - start)
    return typeof content === 'string' ? new TextFile(path, bytes, content) : { path, role: 'receipt', bytes }
  })
}
