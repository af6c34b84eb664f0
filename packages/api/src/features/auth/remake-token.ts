import type { Settings } from '../../deps.ts'
import { PermanentJobError } from '../../jobs/errors.ts'
import { sha256, tokenFor } from '../../secrets.ts'

/** The token of a row, made again for its mail with whichever APP_SECRET it was first made with. */
export function remakeToken(
  { appSecrets }: Pick<Settings, 'appSecrets'>,
  { purpose, id, hash }: { purpose: string; id: string; hash: Buffer },
): string {
  const token = appSecrets
    .map((secret) => tokenFor(secret, purpose, id))
    .find((candidate) => sha256(candidate).equals(hash))
  if (!token) throw new PermanentJobError('The APP_SECRET that this link was made with is gone')
  return token
}
