/** Makes a line of text safe to print: names and values come from strangers and end in terminals. */

/** Writes what a terminal would act upon, or not show, as an escape. */
export function visible(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}
