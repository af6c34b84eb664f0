import { Form as BaseForm } from '@base-ui/react/form'
import { type ReactNode, useMemo } from 'react'
import { explain, fieldErrors } from '../api/errors.ts'
import { Callout } from './callout.tsx'
import { useFocusOnMount } from './use-focus-on-mount.ts'

interface FormProps<Name extends string> {
  label: string
  /** `intent` is the value of the button that was pressed. */
  onValues: (values: Record<Name, string>, intent: string | undefined) => void
  /** What became of the last try: what is about a field is shown there, the rest above the form. */
  error: unknown
  /** Words of its own for a failure; undefined leaves it to the general ones. */
  describe?: (error: unknown) => ReactNode
  /** Where the form is what one came for, the keyboard starts in it. */
  takesFocus?: boolean
  children: ReactNode
}

export function Form<Name extends string>({
  label,
  onValues,
  error,
  describe,
  takesFocus = false,
  children,
}: FormProps<Name>) {
  const ref = useFocusOnMount<HTMLFormElement>(takesFocus, 'input, textarea, button')
  const errors = useMemo(() => fieldErrors(error) ?? {}, [error])
  const isAboutFields = Object.keys(errors).some((name) => name !== '')
  return (
    <BaseForm
      ref={ref}
      aria-label={label}
      errors={errors}
      onFormSubmit={(values, { event }) => onValues(values as Record<Name, string>, intentOf(event))}
      className="flex flex-col gap-4"
    >
      {error !== null && error !== undefined && !isAboutFields && (
        <Callout tone="danger">{describe?.(error) ?? <Failure error={error} />}</Callout>
      )}
      {children}
    </BaseForm>
  )
}

function Failure({ error }: { error: unknown }) {
  const { message, requestId } = explain(error)
  return (
    <>
      {message}
      {requestId && <span className="mt-0.5 block text-xs opacity-80">Request {requestId}</span>}
    </>
  )
}

function intentOf(event: Event): string | undefined {
  const button = event instanceof SubmitEvent ? event.submitter : null
  return button instanceof HTMLButtonElement ? button.value : undefined
}
