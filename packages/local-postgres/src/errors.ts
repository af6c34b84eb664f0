/** What went wrong, in words meant for the person at the keyboard; it never holds a password. */
export class LocalPostgresError extends Error {
  override name = 'LocalPostgresError'
}

/** Turns the file system's refusals into advice; everything else passes through unchanged. */
export function explain(error: unknown): unknown {
  const { code, path } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new LocalPostgresError(
      `No permission for ${path ?? 'the data folder'}. It may belong to another user: run Tenon as that ` +
        'user, or set DATA_DIR to a folder of your own.',
      { cause: error },
    )
  if (code === 'ENOSPC') return noSpace(path ?? 'the data folder', error)
  return error
}

export function noSpace(where: string, cause?: unknown): LocalPostgresError {
  return new LocalPostgresError(`No disk space left for PostgreSQL (${where}). Free some and start again.`, {
    cause,
  })
}
