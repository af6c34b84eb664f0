import type { Log } from '../deps.ts'

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export interface LogEntry {
  level: keyof Log
  fields: object
  message: string
}

/** Keeps what is logged, for tests of what must and must not be in it. */
export function recordingLog(): { log: Log; entries: LogEntry[] } {
  const entries: LogEntry[] = []
  const record = (level: keyof Log) => (fields: object, message: string) =>
    void entries.push({ level, fields, message })
  return {
    entries,
    log: { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') },
  }
}
