import { Form as BaseForm } from '@base-ui/react/form'
import { type ReactNode, useMemo, useState } from 'react'
import { fieldErrors } from '../api/errors.ts'
import { type Describe, Failure } from './failure.tsx'
import { useFocusOnMount } from './use-focus-on-mount.ts'

interface FormProps<Name extends string> {
  label: string
  /** For a button that stands outside of it. */
  id?: string
  /** `intent` is the value of the button that was pressed. */
  onValues: (values: Record<Name, string>, intent: string | undefined) => void
  /** What became of the last try: what is about a field is shown there, the rest above the form. */
  error: unknown
  describe?: Describe
  /** Where the form is what one came for, the keyboard starts in it. */
  takesFocus?: boolean
  /** Gets the failure that is about no field, for a form that shows it in another place. */
  children: ReactNode | ((failure: ReactNode) => ReactNode)
}

export function Form<Name extends string>({
  label,
  id,
  error,
  takesFocus = false,
  ...props
}: FormProps<Name>) {
  const ref = useFocusOnMount<HTMLFormElement>(takesFocus, 'input:not([hidden]), textarea, button')
  const errors = useMemo(() => fieldErrors(error), [error])
  const [fields, setFields] = useState<string[]>([])
  const unplaced = Object.keys(errors).filter((name) => !fields.includes(name))
  const isPlaced = Object.keys(errors).length > 0 && unplaced.length === 0
  const failure = error && !isPlaced ? <Failure error={error} describe={props.describe} /> : null
  return (
    <BaseForm
      ref={ref}
      {...(id && { id })}
      aria-label={label}
      errors={errors}
      onFormSubmit={(values, { event }) => {
        setFields(Object.keys(values))
        props.onValues(values as Record<Name, string>, intentOf(event))
      }}
      className="flex flex-col gap-4"
    >
      {typeof props.children === 'function' ? (
        props.children(failure)
      ) : (
        <>
          {failure}
          {props.children}
        </>
      )}
    </BaseForm>
  )
}

function intentOf(event: Event): string | undefined {
  const button = event instanceof SubmitEvent ? event.submitter : null
  return button instanceof HTMLButtonElement ? button.value : undefined
}
