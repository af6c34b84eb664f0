const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Passes signals on. npm's shell can die of one without passing it on; then we are an orphan, and the child
 * must end all the same.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
export function forwardSignals(child) {
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, 300)
  child.on('exit', () => clearInterval(watch))
  child.on('error', () => clearInterval(watch))
}

/**
 * From here on this process is its child: signals go to it, and its end is ours.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
export function becomeChild(child) {
  forwardSignals(child)
  child.on('error', (error) => {
    console.error(`Tenon: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1)
    for (const each of signals) process.removeAllListeners(each)
    process.kill(process.pid, signal)
  })
}
