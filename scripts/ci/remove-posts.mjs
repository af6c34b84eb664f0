// Removes the feature `posts` as a team would that has other plans: its folder, its migration, its lines, and
// the pages that show posts. Everything else must check. Tests that use posts as their example go with them.
import { onCopy } from './copy.mjs'

const folders = [
  'packages/api/src/features/posts',
  'packages/api/migrations/0003_posts.ts',
  'packages/api/src/features/notifications/published-posts.ts',
  'apps/server/src/testing/post-rows.ts',
  'apps/web/src/posts',
  'apps/web/src/routes/_app/posts',
  'apps/web/src/routes/_app/_signed-in/posts',
  'apps/web/src/routes/_app/_signed-in/drafts.tsx',
]

/** @type {Record<string, [find: RegExp, replace: string][]>} */
const lines = {
  'packages/api/src/features/index.ts': [
    [/^import .* from '\.\/posts\/.*'\n/gm, ''],
    [/^type Users = .*\n+const users: Users = .*\n+/gm, ''],
    [/users as plainUsers/, 'users'],
    [/^ {2}posts: typeof posts\n/m, ''],
    [/^ {2}posts,\n/m, ''],
    [/^ {2}posts: postsErrors,\n/m, ''],
    [/^ {2}\.\.\.postsJobs,\n/m, ''],
    [/^ {2}\.\.\.postsPersonalData,\n/m, ''],
    [/^ {4}PostsTables,\n/m, ''],
  ],
  'packages/api/src/features/notifications/kinds.ts': [
    [/^ {2}'post\.published': defineKind\([^]*?^ {2}}\),\n/m, ''],
    [/^ {2}kinds\['post\.published'\]\.content,\n/m, ''],
  ],
  'packages/api/src/features/notifications/output.ts': [
    [/^ {4}kinds\['post\.published'\]\.content\.extend\(told\),\n/m, ''],
  ],
  'packages/api/src/features/notifications/visibility.ts': [
    [/^import .* from '\.\.\/posts\/.*'\n/m, ''],
    [/\(db: Kysely<Database>, content: Content\)/, '(_db: Kysely<Database>, _content: Content)'],
    [/^.*content\.kind === 'post\.published'.*\n/m, ''],
    [/\nconst isPublished = [^]*$/, ''],
  ],
  'packages/api/src/features/notifications/jobs.ts': [
    [/^import .* from '\.\/published-posts\.ts'\n/m, ''],
    [/^ {2}\.\.\.postJobs,\n/m, ''],
  ],
  'packages/api/src/features/notifications/reactions.ts': [
    [/^import .* from '\.\/published-posts\.ts'\n/m, ''],
    [/\.\.\.postReactions, /, ''],
  ],
  'packages/api/src/features/admin/output.ts': [
    [/^import .* from '\.\.\/posts\/.*'\n/m, ''],
    [/^ {4}posts: .*\n/m, ''],
  ],
  'packages/api/src/features/admin/users.ts': [
    [/^import .* from '\.\.\/posts\/.*'\n/m, ''],
    [/^ {4}posts: .*\n/m, ''],
  ],
  'packages/api/src/features/admin/router.ts': [
    [/With their sessions, newest posts and latest/, 'With their sessions and latest'],
  ],
  'packages/api/src/testing/calls.ts': [
    [/^ {2}'posts\.[^]*?(?=^ {2}'notifications\.)/m, ''],
    [/\/\*\* That others read[^]*?(?=^async function otherSession)/m, ''],
  ],
  'apps/server/src/testing/cast.ts': [
    [/^import .* from '\.\/post-rows\.ts'\n/m, ''],
    [/ extends Drafts/, ''],
    [/^.*createDrafts.*\n/m, ''],
  ],
  'apps/server/src/testing/procedure-rows.ts': [
    [/^import .* from '\.\/post-rows\.ts'\n/m, ''],
    [/^ {2}\.\.\.postRows,\n/m, ''],
  ],
  // Without a feed the start page is one's own.
  'apps/web/src/routes/_app/index.tsx': [
    [/^import .* from '.*\/posts\/.*'\n/gm, ''],
    [/import { createFileRoute } from/, 'import { createFileRoute, redirect } from'],
    [
      / {2}loader:[^]*component: Feed,\n/,
      "  beforeLoad: () => redirect({ to: '/settings', throw: true }),\n",
    ],
  ],
  'apps/web/src/shell/navigation.tsx': [
    [/^.*<Item .*(?:Posts|Drafts).*\n/gm, ''],
    [/'\/' \| '\/drafts' \| /, ''],
    [/^ {2}(?:FileText|PencilLine),\n/gm, ''],
  ],
  'apps/web/src/shell/top-bar.tsx': [
    [/ {8}{me && \([^]*?\n {8}\)}\n/, ''],
    [/^import { SquarePen } .*\n/m, ''],
  ],
  'apps/web/src/notifications/kinds.ts': [
    [/^ {2}'post\.published': {[^]*?^ {2}},\n/m, ''],
    [/FileText, /, ''],
  ],
  'apps/web/src/account/queries.ts': [[/{ id, include: 'posts' }/, '{ id }']],
  'apps/web/src/account/profile-form.tsx': [[/^.*trpc\.posts\..*\n/m, '']],
  'apps/web/src/account/profile-skeleton.tsx': [[/^.*PostCardsSkeleton.*\n/gm, '']],
  'apps/web/src/account/profile-page.tsx': [
    [/^import .* from '\.\.\/posts\/.*'\n/gm, ''],
    [/^ *<NewestPosts .*\n/m, ''],
    [/\nfunction NewestPosts\([^]*?\n}\n/, ''],
  ],
  'apps/web/e2e/support/people.ts': [[/\nexport type Post = [^]*$/, '']],
}

onCopy((copy) => {
  for (const folder of folders) copy.remove(folder)
  for (const [file, changes] of Object.entries(lines))
    for (const [find, replace] of changes) copy.edit(file, (text) => replaced(text, find, replace, file))
  copy.run('turbo', 'run', 'build')

  const tests = testsThatFail(copy)
  for (const test of tests) copy.remove(test)
  copy.run('turbo', 'run', 'typecheck')
  console.log(`without posts everything checks; ${tests.length} tests of other features went with them`)
})

function replaced(text, find, replace, file) {
  const result = text.replace(find, replace)
  if (result === text) throw new Error(`${file} has no ${find} any more: this script must follow it`)
  return result
}

function testsThatFail(copy) {
  const { output } = copy.try('turbo', 'run', 'typecheck', '--continue')
  const errors = [...output.matchAll(/@tenon\/(\S+):typecheck: (\S+)\(\d+,\d+\): error .*/g)]
  const places = errors.map(([line, name, file]) => ({ line, path: `${folderOf(name)}/${file}` }))
  const others = places.filter(({ path }) => !/\.test\.tsx?$/.test(path))
  if (others.length > 0)
    throw new Error(`without posts does not check:\n${others.map(({ line }) => line).join('\n')}`)
  return [...new Set(places.map(({ path }) => path))]
}

function folderOf(name) {
  return ['server', 'web'].includes(name) ? `apps/${name}` : `packages/${name}`
}
