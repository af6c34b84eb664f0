/** As if a link to it had been pressed. */
export function saveFile(name: string, json: string) {
  const url = URL.createObjectURL(new Blob([json], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // Not at once: the browser may only have begun to read it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
