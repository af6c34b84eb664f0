import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../api/client.ts'
import { explain } from '../api/errors.ts'
import { notify } from '../ui/notify.ts'
import { type Channel, type Kind, type Preferences, preferencesQuery } from './queries.ts'

interface Choice {
  kind: Kind
  channel: Channel
  isOn: boolean
}

const scope = { id: 'notification-preferences' }

/** Shown at once, saved in the order in which they were made; what was not saved is taken back. */
export function useSetPreference() {
  const queryClient = useQueryClient()
  const { queryKey } = preferencesQuery
  const save = useMutation({
    scope,
    mutationKey: [scope.id],
    mutationFn: ({ kind, channel, isOn }: Choice) =>
      client.notifications.preferences.update.mutate({ [kind]: { [channel]: isOn } }),
    onError(error, { kind, channel, isOn }) {
      show({ kind, channel, isOn: !isOn })
      notify({ title: 'Not saved', description: explain(error).message, tone: 'danger' })
    },
    // While others wait to be saved, the server's answer lacks them.
    onSuccess: (saved) => isLast() && queryClient.setQueryData(queryKey, saved),
  })

  const isLast = () => queryClient.isMutating({ mutationKey: [scope.id] }) === 1
  const show = (choice: Choice) =>
    queryClient.setQueryData(queryKey, (known) => known && withChoice(known, choice))

  return async (choice: Choice) => {
    // What is on its way was read before.
    await queryClient.cancelQueries({ queryKey })
    show(choice)
    save.mutate(choice)
  }
}

const withChoice = (known: Preferences, { kind, channel, isOn }: Choice): Preferences => ({
  ...known,
  [kind]: { ...known[kind], [channel]: isOn },
})
