import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { hasCode } from '../api/errors.ts'
import { useTitle } from '../shell/use-title.ts'
import { Button } from '../ui/button.tsx'
import { Time } from '../ui/time.tsx'
import { notify } from '../ui/notify.ts'
import { ConflictDialog } from './conflict-dialog.tsx'
import { Editor, type Text } from './editor.tsx'
import type { Post } from './queries.ts'
import { UnsavedGuard } from './unsaved-guard.tsx'
import { useSavePost } from './use-save-post.ts'

/** Starts from the post as it was when the page opened; what others save meanwhile comes as a conflict, never silently. */
export function PostEditor({ post: opened }: { post: Post }) {
  useTitle(`Edit “${opened.title}”`)
  const navigate = useNavigate()
  const [base, setBase] = useState(opened)
  const [text, setText] = useState<Text>({ title: opened.title, body: opened.body })
  const isDirty = text.title !== base.title || text.body !== base.body

  const save = useSavePost({
    onSaved: setBase,
    async onDone(post, intent) {
      if (intent === 'save') return
      await navigate({ to: '/posts/$id', params: { id: post.id }, ignoreBlocker: true })
      notify({ title: 'Published' })
    },
  })
  const isConflict = hasCode(save.error, 'VERSION_CONFLICT')

  return (
    <>
      <h1 className="sr-only">Edit post</h1>
      <Editor
        label="Edit post"
        text={text}
        onChange={setText}
        onSubmit={(intent) => save.mutate({ base, text, intent })}
        error={isConflict ? null : save.error}
        describe={describe}
        status={isDirty ? 'Unsaved changes' : <SavedAt post={base} />}
        actions={
          <>
            <Button type="submit" pending={save.isPending && save.variables.intent === 'save'}>
              {base.publishedAt ? 'Save changes' : 'Save draft'}
            </Button>
            {!base.publishedAt && (
              <Button
                type="submit"
                name="intent"
                value="publish"
                look="primary"
                pending={save.isPending && save.variables.intent === 'publish'}
              >
                Publish
              </Button>
            )}
          </>
        }
      />
      <UnsavedGuard isDirty={isDirty} />
      <ConflictDialog
        postId={opened.id}
        open={isConflict}
        onLoadTheirs={(theirs) => {
          setBase(theirs)
          setText({ title: theirs.title, body: theirs.body })
          save.reset()
        }}
        onKeepMine={(theirs) => {
          if (theirs) setBase(theirs)
          save.reset()
        }}
      />
    </>
  )
}

function describe(error: unknown) {
  if (!hasCode(error, 'EMAIL_NOT_VERIFIED')) return undefined
  return 'Your text is saved. To publish it, confirm your address: open the link that we mailed you.'
}

const SavedAt = ({ post }: { post: Post }) => (
  <>
    {post.publishedAt ? 'Published, changed' : 'Draft, saved'} <Time at={post.updatedAt} />
  </>
)
