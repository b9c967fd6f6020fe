/** Words of a POSIX shell: quoted so that nothing in them is read as anything but itself. */

/** Quotes a word for `sh`. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** Makes text safe to stand in a comment: one line. */
export function comment(text: string): string {
  return `# ${text.replace(/\p{Cc}+/gu, ' ')}`
}
