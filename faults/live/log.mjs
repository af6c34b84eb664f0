/** The ids of what ada is told from one post to another, in the order of the log: what her stream has to bring. */
export async function readLog(ask, { ada, authors }, firstPostId, lastPostId) {
  const rows = await ask(
    `with ends as (
       select transaction_id, id, data ->> 'postId' as post_id from live_events where topic = 'posts'
     )
     select e.transaction_id || '-' || e.id as id
     from live_events e, ends first, ends last
     where first.post_id = $1 and (e.transaction_id, e.id) >= (first.transaction_id, first.id)
       and last.post_id = $2 and (e.transaction_id, e.id) <= (last.transaction_id, last.id)
       and (e.topic = 'posts' and e.user_id = any ($3::uuid[]) or e.topic = 'notifications' and e.user_id = $4)
     order by e.transaction_id, e.id`,
    [firstPostId, lastPostId, authors.map(({ id }) => id), ada.id],
  )
  return rows.map(({ id }) => id)
}
