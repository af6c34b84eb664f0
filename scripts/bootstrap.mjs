// The door of every command: runs on whatever Node is there, brings the pinned one, and hands over.
// Nothing newer than old Node understands may stand in this file, so that it can say what is missing.
const major = Number(process.versions.node.split('.')[0])

if (major < 20) {
  console.error('Tenon: this is Node ' + process.versions.node + '; setting up needs Node 20 or newer.')
  process.exitCode = 1
} else {
  import('./tasks.mjs').then(({ runTask }) => runTask(process.argv.slice(2)))
}
