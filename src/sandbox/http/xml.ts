/**
 * XML out and in. Out: elements as text, everything escaped. In: bounded in size and depth, no document types, no
 * entities but the five of XML itself and character references.
 */
import { XMLParser } from 'fast-xml-parser'
import { AwsError } from './aws-error.ts'

const maximumTextLength = 2_000_000

/** Writes one element around content that is XML already; null children are left out. */
export function element(name: string, ...children: readonly (string | null)[]): string {
  return `<${name}>${children.filter((child) => child !== null).join('')}</${name}>`
}

/** Writes one element around a plain value. */
export function leaf(name: string, value: string | number | boolean): string {
  return `<${name}>${escapeXml(String(value))}</${name}>`
}

/** Writes a document with its declaration; `namespace` becomes the root's `xmlns`. */
export function xmlDocument(root: string, namespace: string | null, ...children: readonly (string | null)[]): string {
  const opening = namespace === null ? root : `${root} xmlns="${namespace}"`
  const content = children.filter((child) => child !== null).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${opening}>${content}</${root}>`
}

// Control characters have no place in XML 1.0; S3 sends them as character references all the same.
const special = /[&<>"']|[^\t\n\x20-\uffff]/g

function escapeXml(text: string): string {
  return text.replace(special, (character) => {
    if (character === '&') return '&amp;'
    if (character === '<') return '&lt;'
    if (character === '>') return '&gt;'
    if (character === '"') return '&quot;'
    if (character === "'") return '&#39;'
    return `&#x${character.charCodeAt(0).toString(16)};`
  })
}

/** A parsed element: its text, or its children by name. */
export type XmlNode = string | { readonly [name: string]: readonly XmlNode[] }

const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  isArray: () => true,
})

/**
 * Reads a document and returns its root element when that has the name asked for.
 *
 * @throws AwsError `MalformedXML` for anything else.
 */
export function readXml(text: string, root: string): XmlNode {
  if (text.length > maximumTextLength || /<!/.test(text)) throw malformedXml()
  let tree: XmlNode
  try {
    tree = parser.parse(text, true) as XmlNode
  } catch {
    // The parser throws on malformed documents and on nesting beyond its limit.
    throw malformedXml()
  }
  const found = childElements(tree, root)[0]
  if (found === undefined) throw malformedXml()
  return found
}

/** Returns the children of that name, in order. */
export function childElements(node: XmlNode, name: string): readonly XmlNode[] {
  if (typeof node === 'string' || !Object.hasOwn(node, name)) return []
  return node[name] ?? []
}

/** Returns the text of the first child of that name, or undefined when there is none. */
export function childText(node: XmlNode, name: string): string | undefined {
  const child = childElements(node, name)[0]
  if (child === undefined) return undefined
  if (typeof child !== 'string') throw malformedXml()
  return decodeEntities(child)
}

/** The refusal of a body that is not the document asked for. */
export function malformedXml(): AwsError {
  return new AwsError({
    code: 'MalformedXML',
    status: 400,
    message: 'The XML you provided was not well-formed or did not validate against our published schema',
  })
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, decimal, hexadecimal, name) => {
    if (name !== undefined) return named[String(name)] ?? whole
    const code = decimal === undefined ? Number.parseInt(String(hexadecimal), 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
