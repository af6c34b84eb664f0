import { EventEmitter } from 'node:events'
import { eventually } from '@tenon/api/testing'
import { LocalPostgresError } from '@tenon/local-postgres'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConfigError } from './config.ts'
import { createLog } from './log.ts'
import { stopOnSignal } from './shutdown.ts'
import { explain } from './start-up.ts'

const log = createLog('silent')
afterEach(() => void vi.useRealTimers())

function createHost(stop: () => Promise<void>) {
  const exit = vi.fn<(code: number) => void>()
  const host = Object.assign(new EventEmitter(), { exit })
  stopOnSignal(log, stop, host)
  return host
}

describe('a process', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('stops at %s, and ends with 0', async (signal) => {
    const stop = vi.fn(async () => {})
    const host = createHost(stop)
    host.emit(signal)
    await eventually(() => expect(host.exit).toHaveBeenCalledExactlyOnceWith(0))
  })

  it('stops once, however often it is told', async () => {
    const stop = vi.fn(async () => {})
    const host = createHost(stop)
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM']) host.emit(signal)
    await eventually(() => expect(host.exit).toHaveBeenCalledExactlyOnceWith(0))
    expect(stop).toHaveBeenCalledOnce()
  })

  it.each(['uncaughtException', 'unhandledRejection'])(
    'stops cleanly after an %s, too, but ends with 1',
    async (event) => {
      const stop = vi.fn(async () => {})
      const host = createHost(stop)
      host.emit(event, new Error('nobody expected this'))
      await eventually(() => expect(host.exit).toHaveBeenCalledExactlyOnceWith(1))
      expect(stop).toHaveBeenCalledOnce()
    },
  )

  it('that can not stop cleanly ends with 1', async () => {
    const host = createHost(() => Promise.reject(new Error('stuck')))
    host.emit('SIGTERM')
    await eventually(() => expect(host.exit).toHaveBeenCalledExactlyOnceWith(1))
  })

  it('that can not stop at all is ended before 15 s have passed', () => {
    vi.useFakeTimers()
    const host = createHost(() => new Promise(() => {}))
    host.emit('SIGTERM')
    vi.advanceTimersByTime(14_000)
    expect(host.exit).not.toHaveBeenCalled()
    vi.advanceTimersByTime(999)
    expect(host.exit).toHaveBeenCalledExactlyOnceWith(1)
  })
})

describe('what keeps it from starting is told to a person:', () => {
  const failure = (code: string, more = {}) =>
    Object.assign(new Error(code), { code, address: '127.0.0.1', ...more })

  it.each([
    [new ConfigError('PORT: wrong'), 'PORT: wrong'],
    [new LocalPostgresError('No disk space left.'), 'No disk space left.'],
    [failure('EADDRINUSE', { port: 3000 }), 'Port 3000 on 127.0.0.1 is in use.'],
    [failure('EACCES', { port: 80 }), 'Port 80 needs more rights'],
    [failure('EACCES', { syscall: 'open', path: '/a' }), '/a may not be opened'],
    [failure('ECONNREFUSED', { port: 5432 }), 'PostgreSQL does not answer on 127.0.0.1:5432.'],
    [
      new AggregateError([failure('ECONNREFUSED', { port: 5432 })]),
      'PostgreSQL does not answer on 127.0.0.1:5432.',
    ],
    [failure('ENOTFOUND', { hostname: 'db.example' }), 'There is no host db.example.'],
    [failure('EADDRNOTAVAIL'), '127.0.0.1 is not an address of this machine.'],
    [failure('28P01'), 'PostgreSQL refuses the user or the password.'],
    [failure('3D000'), 'PostgreSQL has no such database.'],
    [failure('ENOENT', { syscall: 'open', path: '/a/b' }), '/a/b can not be opened'],
  ])('%s', (error, told) => {
    expect(explain(error)).toContain(told)
    expect(explain(error)).not.toContain('\n')
  })
})
