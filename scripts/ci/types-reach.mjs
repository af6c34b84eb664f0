// Renames a column and the output field that carries it, everywhere in packages/api. The API still checks;
// the web app must not, at the places that show the field.
import { onCopy } from './copy.mjs'

onCopy((copy) => {
  copy.run('turbo', 'run', 'typecheck', '--filter=@tenon/web')
  // SMTP has a username of its own.
  for (const file of copy.files('packages/api', ':!packages/api/src/testing/smtp-server.ts'))
    copy.edit(file, (text) => text.replaceAll(/\busername\b/g, 'nickname'))
  copy.run('turbo', 'run', 'typecheck', '--filter=@tenon/api')

  const { passed, output } = copy.try('turbo', 'run', 'typecheck', '--filter=@tenon/web')
  const places = output.match(/src\/\S+\(\d+,\d+\): error TS\d+: .*username.*/g) ?? []
  if (passed || places.length === 0) throw new Error(`a renamed field went unnoticed in apps/web\n${output}`)
  console.log(`username was renamed in packages/api; apps/web no longer checks in ${places.length} places`)
})
