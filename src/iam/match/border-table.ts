/** Knuth, Morris and Pratt's table, with which a text is sought in time linear in what it is sought in. */

/** For each position, the length of the longest proper border of the prefix that ends there. */
export function borderTable(text: string): Uint32Array {
  const table = new Uint32Array(text.length)
  let border = 0
  for (let i = 1; i < text.length; i++) {
    while (border > 0 && text.charCodeAt(i) !== text.charCodeAt(border)) border = table[border - 1] ?? 0
    if (text.charCodeAt(i) === text.charCodeAt(border)) border++
    table[i] = border
  }
  return table
}
