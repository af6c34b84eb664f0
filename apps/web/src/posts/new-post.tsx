import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { client } from '../api/client.ts'
import { useMe } from '../session/use-me.ts'
import { useTitle } from '../shell/use-title.ts'
import { Button } from '../ui/button.tsx'
import { notify } from '../ui/notify.ts'
import { Editor, type Intent, type Text } from './editor.tsx'
import { storePost } from './store-post.ts'
import { UnsavedGuard } from './unsaved-guard.tsx'

export function NewPost() {
  useTitle('New post')
  const me = useMe()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [text, setText] = useState<Text>({ title: '', body: '' })

  const create = useMutation({
    // Somebody unverified may not publish: the text is kept as a draft, and the page says why.
    mutationFn: (intent: Intent) =>
      client.posts.create.mutate({ ...text, publish: intent === 'publish' && me?.emailVerified !== false }),
    async onSuccess(post, intent) {
      await storePost(queryClient, post)
      await navigate({
        to: post.publishedAt ? '/posts/$id' : '/posts/$id/edit',
        params: { id: post.id },
        replace: true,
        ignoreBlocker: true,
      })
      if (post.publishedAt) notify({ title: 'Published' })
      else if (intent === 'publish')
        notify({ title: 'Saved as a draft', description: 'Confirm your address to publish it.' })
    },
  })

  return (
    <>
      <h1 className="sr-only">New post</h1>
      <Editor
        label="New post"
        takesFocus
        text={text}
        onChange={setText}
        onSubmit={(intent) => create.mutate(intent)}
        error={create.error}
        status="Not saved yet"
        actions={
          <>
            <Button type="submit" pending={create.isPending && create.variables === 'save'}>
              Save draft
            </Button>
            <Button
              type="submit"
              name="intent"
              value="publish"
              look="primary"
              pending={create.isPending && create.variables === 'publish'}
            >
              Publish
            </Button>
          </>
        }
      />
      <UnsavedGuard isDirty={text.title !== '' || text.body !== ''} />
    </>
  )
}
