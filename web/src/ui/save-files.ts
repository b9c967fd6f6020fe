/** Hands files to the reader's browser as downloads. */

/** Saves each file under its own name. */
export function saveFiles(files: readonly { readonly path: string; readonly base64: string }[]): void {
  for (const file of files) {
    const bytes = Uint8Array.from(atob(file.base64), (character) => character.charCodeAt(0))
    saveBlob(file.path, new Blob([bytes]))
  }
}

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
