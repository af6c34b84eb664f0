/**
 * What a stream can bring: one's own notifications, what those whom one follows publish, what happened to one's own account,
 * and, for those who may read them, the jobs.
 */
export const liveTopics = ['notifications', 'posts', 'security', 'jobs'] as const

export type LiveTopic = (typeof liveTopics)[number]
