/** Trying again would not help: the job ends failed, with this message. */
export class PermanentJobError extends Error {}

/** Something outside is away, the mail server say: the job waits without spending an attempt, for a day at most. */
export class DependencyAwayError extends Error {}
