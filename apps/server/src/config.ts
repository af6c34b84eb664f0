import { resolve } from 'node:path'
import * as z from 'zod'
import {
  address,
  addresses,
  integer,
  number,
  oneOf,
  origin,
  origins,
  postgres,
  redis,
  secrets,
  text,
} from './config-values.ts'
import { isLoopbackName } from './loopback.ts'

const environment = z.object({
  NODE_ENV: oneOf(['development', 'production', 'test']).default('development'),
  PORT: integer(0, 65_535).default(3000),
  HOST: text.default('127.0.0.1'),
  PUBLIC_URL: origin.optional(),
  ALLOWED_ORIGINS: origins.default([]),
  DATABASE_URL: postgres.optional(),
  DATABASE_DIRECT_URL: postgres.optional(),
  REDIS_URL: redis.optional(),
  DATA_DIR: text.default('.data'),
  SMTP_URL: address(['smtp:', 'smtps:'], 'smtp://user:password@host:587').optional(),
  MAIL_FROM: text
    .regex(/^[^\r\n]*[^\s@<]+@[^\s@>]+>?$/, 'expected an address like Tenon <no-reply@example.com>')
    .optional(),
  APP_SECRET: secrets.optional(),
  VERIFICATION_HOURS: integer(1, 168).default(24),
  RESET_MINUTES: integer(15, 1_440).default(15),
  AUDIT_DAYS: integer(30, 3_650).default(365),
  WORKER: oneOf(['embedded', 'off']).default('embedded'),
  WORKER_CONCURRENCY: integer(1, 100).default(10),
  JOB_HISTORY_DAYS: integer(1, 365).default(14),
  FAILED_JOB_DAYS: integer(1, 3_650).default(90),
  TRUST_PROXY: addresses.default([]),
  RATE_LIMIT_FACTOR: number(0).default(1),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

type Environment = z.output<typeof environment>

export type Config = ReturnType<typeof toConfig>

/** One line for each value that is wrong or missing; it never repeats a value, which may be a secret. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** The one place that reads `process.env`. An empty value is an unset one. @throws {ConfigError} */
export function readConfig(variables: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(given)
  const problems = parsed.success
    ? [...databaseProblems(parsed.data), ...productionProblems(parsed.data)]
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join('\n'))
  return toConfig(parsed.data)
}

function databaseProblems({ DATABASE_URL, DATABASE_DIRECT_URL }: Environment): string[] {
  return DATABASE_DIRECT_URL && !DATABASE_URL ? ['DATABASE_DIRECT_URL: needs DATABASE_URL beside it'] : []
}

function productionProblems(values: Environment): string[] {
  if (values.NODE_ENV !== 'production') return []
  const required = ['DATABASE_URL', 'APP_SECRET', 'SMTP_URL', 'PUBLIC_URL'] as const
  const problems = required.filter((name) => !values[name]).map((name) => `${name}: required in production`)
  const url = values.PUBLIC_URL
  if (url && !url.startsWith('https:') && !isLoopbackName(new URL(url).hostname))
    problems.push('PUBLIC_URL: must be https in production')
  if (values.RATE_LIMIT_FACTOR === 0) problems.push('RATE_LIMIT_FACTOR: 0 is refused in production')
  return problems
}

function toConfig(values: Environment) {
  return {
    isProduction: values.NODE_ENV === 'production',
    port: values.PORT,
    host: values.HOST,
    /** Undefined with PORT=0 until the server listens. */
    publicUrl: values.PUBLIC_URL ?? (values.PORT === 0 ? undefined : `http://localhost:${values.PORT}`),
    allowedOrigins: values.ALLOWED_ORIGINS,
    databaseUrl: values.DATABASE_URL,
    directUrl: values.DATABASE_DIRECT_URL ?? values.DATABASE_URL,
    isPooled: values.DATABASE_DIRECT_URL !== undefined && values.DATABASE_DIRECT_URL !== values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    dataDir: resolve(values.DATA_DIR),
    smtpUrl: values.SMTP_URL,
    mailFrom:
      values.MAIL_FROM ??
      `Tenon <no-reply@${values.PUBLIC_URL ? new URL(values.PUBLIC_URL).hostname : 'localhost'}>`,
    appSecrets: values.APP_SECRET,
    verificationHours: values.VERIFICATION_HOURS,
    resetMinutes: values.RESET_MINUTES,
    auditDays: values.AUDIT_DAYS,
    hasWorker: values.WORKER === 'embedded',
    workerConcurrency: values.WORKER_CONCURRENCY,
    jobHistoryDays: values.JOB_HISTORY_DAYS,
    failedJobDays: values.FAILED_JOB_DAYS,
    trustProxy: values.TRUST_PROXY,
    rateLimitFactor: values.RATE_LIMIT_FACTOR,
    logLevel: values.LOG_LEVEL,
  }
}
