/** Hands files to the reader's browser as downloads. */

/** Saves each file under its own name. */
export function saveFiles(files: readonly { readonly path: string; readonly base64: string }[]): void {
  for (const file of files) {
    const bytes = Uint8Array.from(atob(file.base64), (character) => character.charCodeAt(0))
    const address = URL.createObjectURL(new Blob([bytes]))
    const link = document.createElement('a')
    link.href = address
    link.download = file.path.replaceAll('/', '_')
    link.click()
    URL.revokeObjectURL(address)
  }
}
