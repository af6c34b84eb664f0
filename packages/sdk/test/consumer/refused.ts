import { createClient, isApiError, type RouterOutputs } from '@tenon/sdk'

// Each line below is wrong, and the compiler says so: one that it let pass would be an error in itself.
const client = createClient({ url: 'https://tenon.example' })
const user = { email: 'ada@example.com', username: 'ada', password: 'Correct7Horse' }

// @ts-expect-error a procedure that does not exist
void client.users.promote.mutate({})
// @ts-expect-error a feature that does not exist
void client.payments.list.query()
// @ts-expect-error a mutation is not queried
void client.users.create.query(user)
// @ts-expect-error an input with a field missing
void client.users.create.mutate({ email: 'ada@example.com', username: 'ada' })
// @ts-expect-error an input with a field of another type
void client.users.create.mutate({ ...user, username: 7 })
// @ts-expect-error an input with an unknown field
void client.users.create.mutate({ email: '', username: '', password: '', role: 'admin' })
// @ts-expect-error an input where there is none
void client.users.me.query({ id: 'a' })
// @ts-expect-error a role that there is not
void client.admin.users.setRole.mutate({ id: 'a', role: 'king' })
// @ts-expect-error an event that is never recorded
void client.auth.events.query({ action: 'user.promoted' })
// @ts-expect-error no input where there is one
void client.users.get.query()

// @ts-expect-error a stream is not queried
void client.live.stream.query({ topics: ['security'] })
// @ts-expect-error a query is no stream
void client.users.me.iterate()
// @ts-expect-error a topic that there is not
void client.live.stream.iterate({ topics: ['weather'] })
// @ts-expect-error a subscription without a callback for its events
void client.live.stream.subscribe({ topics: ['security'] }, {})
// @ts-expect-error a subscription that is told of events that are none of its own
void client.live.stream.subscribe({ topics: ['security'] }, { onData: (event: { price: number }) => event })
// @ts-expect-error a key that is no text
void client.users.update.mutate({ name: 'Ada' }, { context: { idempotencyKey: 7 } })

export async function outputs(): Promise<void> {
  const created = await client.users.create.mutate(user)
  // @ts-expect-error no output holds a password
  void created.password
  // @ts-expect-error times are strings
  const time: Date = created.createdAt
  // @ts-expect-error a name may be missing
  const name: string = created.name
  // @ts-expect-error other people's addresses are not shown
  void (await client.users.get.query({ id: 'a' })).email
  void [time, name]
}

// @ts-expect-error a procedure that does not exist
export type Payment = RouterOutputs['payments']

export function errors(error: unknown): void {
  if (isApiError(error, 'users.get')) {
    // @ts-expect-error a code that the procedure does not declare
    void (error.code === 'EMAIL_TAKEN')
    // @ts-expect-error not every code has fields
    void error.details.fields
  }
  if (isApiError(error, 'users.me')) {
    // @ts-expect-error who reads is not asked for the password again
    void (error.code === 'REAUTHENTICATION_REQUIRED')
  }
  if (isApiError(error, 'auth.email.change')) {
    // @ts-expect-error that an address is taken is not told
    void (error.code === 'EMAIL_TAKEN')
  }
  // @ts-expect-error a procedure that does not exist
  void isApiError(error, 'users.promote')
  // @ts-expect-error a code that is in no catalogue
  void (isApiError(error) && error.code === 'OUT_OF_LUCK')
  // @ts-expect-error a field that the code does not promise
  void (isApiError(error) && error.code === 'EMAIL_TAKEN' && error.details.email)
}

// @ts-expect-error an option that does not exist
createClient({ url: '', baseUrl: '' })
// @ts-expect-error without a url
createClient({})
