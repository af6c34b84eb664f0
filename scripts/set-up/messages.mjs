/** Something the person at the keyboard can act on; everything else is a bug and shows its stack. */
export class SetUpError extends Error {}

/** On stderr: stdout belongs to the program that is started. */
export function say(message) {
  console.error(`Tenon: ${message}`)
}

/** What most often stands behind a failed download, told by the package manager's output. */
export function diagnose(output) {
  if (/ENOSPC|no space left/i.test(output))
    return 'The disk is full. Free some space and run the command again.'
  if (/EACCES|EPERM|EROFS|permission denied/i.test(output))
    return 'A file could not be written. Does this folder belong to another user?'
  if (/ERR_PNPM_OUTDATED_LOCKFILE|npm error code EUSAGE/.test(output))
    return 'A package.json was changed without its lock file. Run "npm run pnpm -- install".'
  if (networkTrouble.test(output))
    return (
      'The npm registry cannot be reached. Set-up needs the network once: connect, or tell npm about your ' +
      'proxy (npm config set proxy …), and run the command again.'
    )
  return undefined
}

const networkTrouble =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|SOCKET_TIMEOUT|FETCH_ERROR|dns error|error sending request|connection (?:refused|reset)|network|proxy/i
