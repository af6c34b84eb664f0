import { useMutation, useQueryClient } from '@tanstack/react-query'
import { trpc } from '../api/client.ts'
import { type Me, sessionQuery } from '../session/session.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Section } from '../ui/card.tsx'
import { Form } from '../ui/form.tsx'
import { NameField, UsernameField } from '../ui/name-fields.tsx'
import { TextLink } from '../ui/text-link.tsx'
import { notify } from '../ui/notify.ts'

export function ProfileForm({ me }: { me: Me }) {
  const queryClient = useQueryClient()
  const update = useMutation(
    trpc.users.update.mutationOptions({
      async onSuccess(user) {
        queryClient.setQueryData(sessionQuery.queryKey, (session) => session && { ...session, user })
        notify({ title: 'Profile saved' })
        // The name stands beside every post.
        await queryClient.invalidateQueries({ queryKey: trpc.posts.pathKey() })
        await queryClient.invalidateQueries({ queryKey: trpc.users.pathKey() })
      },
    }),
  )

  return (
    <Section
      title="About you"
      description={
        <>
          Shown on your{' '}
          <TextLink to="/users/$id" params={{ id: me.id }}>
            public profile
          </TextLink>{' '}
          and beside your posts.
        </>
      }
    >
      <div className="mb-5 flex items-center gap-3 rounded-lg border border-line bg-canvas p-3">
        <Avatar user={me} />
        <p className="min-w-0 flex-1 truncate text-sm">{me.email}</p>
        <Badge tone={me.emailVerified ? 'success' : 'warning'}>
          {me.emailVerified ? 'Confirmed' : 'Not confirmed'}
        </Badge>
      </div>
      <Form<'username' | 'name'>
        label="About you"
        error={update.error}
        onValues={({ username, name }) => update.mutate({ username, name: name.trim() || null })}
      >
        <NameField defaultValue={me.name ?? ''} />
        <UsernameField defaultValue={me.username} />
        <Button type="submit" look="primary" className="self-start" pending={update.isPending}>
          Save profile
        </Button>
      </Form>
    </Section>
  )
}
