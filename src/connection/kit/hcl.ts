/**
 * Values of HCL, Terraform's language, laid out as `terraform fmt` lays them out: so that a generated file looks like one
 * that a person wrote, and shows no difference when somebody formats it. Knows nothing of kits.
 */

/** What an expression can be made of. */
export type HclValue =
  | string
  | number
  | boolean
  | readonly HclValue[]
  | { readonly [key: string]: HclValue | undefined }
  | HclExpression

/** An expression that is written as it stands: `var.name`, `null`. */
export class HclExpression {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Makes an expression that is written as it stands. */
export function raw(text: string): HclExpression {
  return new HclExpression(text)
}

/** Writes a quoted string in which nothing is a template: `${` and `%{` stay themselves. */
export function hclString(text: string): string {
  // HCL has no `\b` and no `\f`.
  return JSON.stringify(text)
    .replace(/([$%])\{/g, '$1$1{')
    .replace(/\\([\\bf])/g, (whole, mark: string) => (mark === 'b' ? '\\u0008' : mark === 'f' ? '\\u000c' : whole))
}

/** Writes the attributes of a block or an object, one a line, equals signs aligned as `terraform fmt` aligns them. */
export function hclAttributes(values: Readonly<Record<string, HclValue | undefined>>, indent: string): string[] {
  const entries = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key: attributeName(key), text: hclValue(value, indent) }],
  )
  const isLong = (text: string): boolean => text.includes('\n')
  return entries.map(({ key, text }, index) => {
    if (isLong(text)) return `${indent}${key} = ${text}`
    // A value of several lines ends the run of neighbours whose equals signs stand below each other.
    let first = index
    while (first > 0 && !isLong(entries[first - 1]?.text ?? '\n')) first -= 1
    let last = index
    while (last + 1 < entries.length && !isLong(entries[last + 1]?.text ?? '\n')) last += 1
    const width = Math.max(...entries.slice(first, last + 1).map((entry) => entry.key.length))
    return `${indent}${key.padEnd(width)} = ${text}`
  })
}

/** Writes one value; `indent` is the one of the line that it begins on. */
export function hclValue(value: HclValue, indent: string): string {
  if (value instanceof HclExpression) return value.text
  if (typeof value === 'string') return hclString(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const inner = `${indent}  `
  if (isList(value)) {
    if (value.length === 0) return '[]'
    return ['[', ...value.map((one) => `${inner}${hclValue(one, inner)},`), `${indent}]`].join('\n')
  }
  return ['{', ...hclAttributes(value, inner), `${indent}}`].join('\n')
}

/** Writes a block with attributes: `resource "aws_iam_role" "x" { … }`. Text of further blocks follows after a blank line. */
export function hclBlock(
  head: string,
  values: Readonly<Record<string, HclValue | undefined>>,
  inside: readonly string[] = [],
): string {
  const attributes = hclAttributes(values, '  ')
  const parts = inside.map((text) => text.replace(/^(?=.)/gm, '  '))
  const body = [...(attributes.length === 0 ? [] : [attributes.join('\n')]), ...parts].join('\n\n')
  return body === '' ? `${head} {}` : `${head} {\n${body}\n}`
}

function isList(value: HclValue): value is readonly HclValue[] {
  return Array.isArray(value)
}

/** Attribute names are bare where HCL lets them be, and quoted where they hold a colon or a slash. */
function attributeName(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? key : hclString(key)
}
