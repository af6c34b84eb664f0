/** What is there, and what should be. */
export async function count({ ask, options, written, mail, left, hasStopped }) {
  const { users, drafts } = options
  const inUsers = await ask('select id, email from users')
  const inPosts = await ask('select id, title from posts')
  const doubled = inPosts.length - new Set(inPosts.map(({ title }) => title)).size
  const confirmations = mail.confirmations()
  const mailsTo = ({ email }) => confirmations.get(email) ?? []
  const idsTo = (user) => new Set(mailsTo(user).map(({ messageId }) => messageId)).size
  return [
    { name: 'users acknowledged', value: written.users.length, least: users, most: users },
    { name: 'users missing', value: missing(written.users, inUsers, 'email'), most: 0 },
    { name: 'drafts acknowledged', value: written.drafts.length, least: drafts, most: drafts },
    { name: 'drafts missing', value: missing(written.drafts, inPosts, 'title'), most: 0 },
    { name: 'drafts doubled', value: doubled, most: 0 },
    { name: 'calls refused, a name taken by oneself say', value: written.refused.length, most: 0 },
    {
      name: 'users without a mail',
      value: written.users.filter((user) => idsTo(user) === 0).length,
      most: 0,
    },
    { name: 'users with two mails', value: written.users.filter((user) => idsTo(user) > 1).length, most: 0 },
    {
      name: 'mails repeated, to be recognised by their Message-ID',
      value: repeats([...confirmations.values()]),
    },
    { name: 'jobs not done', value: left, most: 0 },
    { name: 'connections that were cut or refused', value: written.cut },
    { name: 'answers that were lost on their way', value: written.lost },
    { name: 'calls repeated by the caller, when the SDK had given up', value: written.retries },
    { name: 'answers given again', value: written.replayed },
    { name: 'servers that did not stop', value: hasStopped ? 0 : 1, most: 0 },
  ]
}

/** Acknowledged, but not there under the id that was told. */
function missing(acknowledged, rows, column) {
  const byId = new Map(rows.map((row) => [row.id, row[column]]))
  return acknowledged.filter((row) => byId.get(row.id) !== row[column]).length
}

const repeats = (mailsByUser) =>
  mailsByUser.reduce(
    (sum, mails) => sum + mails.length - new Set(mails.map(({ messageId }) => messageId)).size,
    0,
  )
