// Runs before the first paint. 'light' or 'dark' when chosen by hand; otherwise the system decides, also later on.
;(() => {
  const root = document.documentElement
  const system = matchMedia('(prefers-color-scheme: dark)')

  function chosen() {
    try {
      return localStorage.getItem('tenon:theme')
    } catch {
      return null
    }
  }

  function apply() {
    const theme = chosen() ?? (system.matches ? 'dark' : 'light')
    root.dataset.theme = theme
    document
      .querySelector('meta[name="theme-color"]')
      ?.setAttribute('content', theme === 'dark' ? '#0e0e12' : '#fafafc')
  }

  apply()
  system.addEventListener('change', apply)
  addEventListener('storage', apply)
  addEventListener('tenon:theme', apply)
  // The colour of the browser's own bar comes after this script in the document.
  addEventListener('DOMContentLoaded', apply)
})()
