import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

/** The lines that are told about these variables. */
function problems(variables: Record<string, string>): string[] {
  try {
    readConfig(variables)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n')
  }
}

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://tenon@db/tenon',
  APP_SECRET: 'x'.repeat(32),
  SMTP_URL: 'smtps://mail.example',
  PUBLIC_URL: 'https://tenon.example',
}

describe('without any variable', () => {
  it('it is a development machine with an embedded database', () => {
    expect(readConfig({})).toMatchObject({
      isProduction: false,
      port: 3000,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:3000',
      databaseUrl: undefined,
      redisUrl: undefined,
      dataDir: expect.stringMatching(/\.data$/),
      mailFrom: 'Tenon <no-reply@localhost>',
      hasWorker: true,
      rateLimitFactor: 1,
      logLevel: 'info',
    })
  })

  it('an empty one is none', () => {
    expect(readConfig({ PORT: '', PUBLIC_URL: '', APP_SECRET: '' })).toEqual(readConfig({}))
  })
})

describe('addresses', () => {
  it('the public one follows the port, and is only known later when that is free to choose', () => {
    expect(readConfig({ PORT: '4000' }).publicUrl).toBe('http://localhost:4000')
    expect(readConfig({ PORT: '0' }).publicUrl).toBeUndefined()
    expect(readConfig({ PORT: '4000', PUBLIC_URL: 'https://Tenon.example/' }).publicUrl).toBe(
      'https://tenon.example',
    )
  })

  it('a list is separated by commas', () => {
    expect(readConfig({ ALLOWED_ORIGINS: 'https://a.example, https://b.example/,' }).allowedOrigins).toEqual([
      'https://a.example',
      'https://b.example',
    ])
    expect(readConfig({ TRUST_PROXY: '10.0.0.1,fd00::/8' }).trustProxy).toEqual(['10.0.0.1', 'fd00::/8'])
    const [first, second] = ['a'.repeat(32), 'b'.repeat(32)]
    expect(readConfig({ APP_SECRET: `${first},${second}` }).appSecrets).toEqual([first, second])
  })

  it('a direct one that differs says that the other is a pooler', () => {
    const [DATABASE_URL, DATABASE_DIRECT_URL] = ['postgres://pooler/x', 'postgres://db/x']
    expect(readConfig({ DATABASE_URL })).toMatchObject({ directUrl: DATABASE_URL, isPooled: false })
    expect(readConfig({ DATABASE_URL, DATABASE_DIRECT_URL: DATABASE_URL }).isPooled).toBe(false)
    expect(readConfig({ DATABASE_URL, DATABASE_DIRECT_URL })).toMatchObject({
      directUrl: DATABASE_DIRECT_URL,
      isPooled: true,
    })
  })
})

it.each([
  'redis://localhost:6379',
  'redis://redis.internal/2',
  'redis://[::1]:6379/',
  'rediss://tenon:secret@redis.example:6380/0',
])('Redis may be at %s', (REDIS_URL) => {
  expect(readConfig({ REDIS_URL }).redisUrl).toBe(REDIS_URL)
})

describe('a wrong value is told in a line that names it and does not repeat it:', () => {
  it.each([
    ['NODE_ENV', 'staging'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '3e3'],
    ['PORT', '3000.5'],
    ['PUBLIC_URL', 'app.internal'],
    ['PUBLIC_URL', 'https://tenon.example/app'],
    ['PUBLIC_URL', 'https://user:hunter2@tenon.example'],
    ['PUBLIC_URL', 'ftp://tenon.example'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://a.example,null'],
    ['DATABASE_URL', 'mysql://root:hunter2@db/x'],
    ['DATABASE_DIRECT_URL', 'hunter2'],
    ['REDIS_URL', 'hunter2'],
    ['REDIS_URL', 'http://user:hunter2@redis'],
    ['REDIS_URL', 'redis://user:hunter2@redis:6379/cache'],
    ['REDIS_URL', 'redis://user:hunter2@redis:6379?enableOfflineQueue=true'],
    ['REDIS_URL', 'redis:///0'],
    ['SMTP_URL', 'https://user:hunter2@mail.example'],
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'a@example.com\r\nBcc: b@example.com'],
    ['APP_SECRET', 'hunter2'],
    ['APP_SECRET', `${'x'.repeat(32)},hunter2`],
    ['WORKER', 'yes'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '0.0.0.0/0'],
    ['TRUST_PROXY', '::/0'],
    ['RATE_LIMIT_FACTOR', '-1'],
    ['RATE_LIMIT_FACTOR', 'Infinity'],
    ['LOG_LEVEL', 'loud'],
  ])('%s=%j', (name, value) => {
    const [line, ...others] = problems({ [name]: value })
    expect(others).toEqual([])
    expect(line).toMatch(new RegExp(`^${name}: `))
    expect(line).not.toContain(value)
    expect(line).not.toContain('hunter2')
  })

  it('also where one lacks another', () => {
    expect(problems({ DATABASE_DIRECT_URL: 'postgres://tenon:hunter2@db/tenon' })).toEqual([
      'DATABASE_DIRECT_URL: needs DATABASE_URL beside it',
    ])
  })

  it('and several wrong ones in several lines', () => {
    expect(problems({ PORT: 'x', WORKER: 'x', LOG_LEVEL: 'x' })).toHaveLength(3)
  })
})

describe('production', () => {
  it('starts with what it needs', () => {
    expect(readConfig(production)).toMatchObject({
      isProduction: true,
      mailFrom: 'Tenon <no-reply@tenon.example>',
    })
  })

  it.each(['DATABASE_URL', 'APP_SECRET', 'SMTP_URL', 'PUBLIC_URL'])('does not start without %s', (name) => {
    expect(problems({ ...production, [name]: '' })).toEqual([`${name}: required in production`])
  })

  it('is https, unless it is on this machine', () => {
    expect(problems({ ...production, PUBLIC_URL: 'http://tenon.example' })).toEqual([
      'PUBLIC_URL: must be https in production',
    ])
    expect(problems({ ...production, PUBLIC_URL: 'http://localhost:3000' })).toEqual([])
  })

  it('has limits', () => {
    expect(problems({ ...production, RATE_LIMIT_FACTOR: '0' })).toEqual([
      'RATE_LIMIT_FACTOR: 0 is refused in production',
    ])
  })
})
