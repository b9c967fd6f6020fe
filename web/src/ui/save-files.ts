/** Hands files to the reader's browser as downloads. */

/** Saves one text. */
export function saveText(path: string, text: string): void {
  saveBlob(path, new Blob([text]))
}

/** Saves whatever it is. */
export function saveBlob(path: string, blob: Blob): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = path.replaceAll('/', '_')
  link.click()
  URL.revokeObjectURL(address)
}
