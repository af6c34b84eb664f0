/** Everything that is recorded, as `noun.what-happened`. */
export const auditActions = [
  'user.registered',
  'user.created',
  'user.updated',
  'user.deleted',
  'user.returned',
  'user.erased',
  'user.suspended',
  'user.restored',
  'user.role-changed',
  'session.started',
  'session.reauthenticated',
  'session.ended',
  'session.others-ended',
  'session.all-ended',
  'password.reset-requested',
  'password.reset',
  'password.changed',
  'email.verification-requested',
  'email.verified',
  'email.change-requested',
  'email.changed',
  'email.change-undone',
  'signing-key.rotated',
  'job.retried',
  'job.all-retried',
  'job.cancelled',
  'job.rescheduled',
  'notification.sent',
  'export.requested',
  'export.made',
  'export.downloaded',
] as const

export type AuditAction = (typeof auditActions)[number]

export const auditResults = ['success', 'failure'] as const

export type AuditResult = (typeof auditResults)[number]
