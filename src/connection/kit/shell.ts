/** Words of a POSIX shell: quoted so that nothing in them is read as anything but itself. */

/** Quotes a word for `sh`. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** Makes text safe to stand in a comment of a shell or an HCL file: one line, and nothing that turns the reading direction. */
export function comment(text: string): string {
  return `# ${text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')}`.trimEnd()
}
