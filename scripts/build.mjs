import { run } from './set-up/run.mjs'

/** The web app and the SDK below it; a moment when nothing changed, by turbo's cache. */
export async function buildWhatIsServed({ env }) {
  const args = ['run', 'build', '--filter=@tenon/web', '--output-logs=errors-only']
  await run('turbo', args, { env, waiting: 'building the web app', failing: 'The web app does not build.' })
}
