import { Field as BaseField } from '@base-ui/react/field'
import type { ComponentProps, ReactNode } from 'react'

/** What to say when a native constraint is not met. */
export type Messages = Partial<
  Record<'valueMissing' | 'typeMismatch' | 'patternMismatch' | 'tooShort', string>
>

interface FieldProps extends Omit<ComponentProps<typeof BaseField.Control>, 'className' | 'name'> {
  name: string
  label: string
  hint?: ReactNode
  messages?: Messages
  /** What no native constraint can tell: why a value will not do, null when it does. */
  validate?: (value: unknown) => string | null
  /** Stands inside the field, at its end. */
  trailing?: ReactNode
}

export const inputClass =
  'w-full rounded-lg border border-line bg-surface px-3 text-sm text-ink outline-offset-0 placeholder:text-muted hover:border-line-strong data-invalid:border-danger focus-visible:border-accent focus-visible:outline-1 pointer-coarse:text-base'

/** A label, an input and, one at a time, the browser's or the server's reason why it is not right. */
export function Field({ name, label, hint, messages = {}, validate, trailing, ...control }: FieldProps) {
  return (
    <BaseField.Root name={name} {...(validate && { validate })} className="flex flex-col gap-1.5">
      <BaseField.Label className="text-sm font-medium">
        {label}
        {!control.required && <span className="font-normal text-muted"> (optional)</span>}
      </BaseField.Label>
      <div className="relative">
        <BaseField.Control {...control} className={`${inputClass} h-10 ${trailing ? 'pr-11' : ''}`} />
        {trailing && <div className="absolute inset-y-0 right-0.5 flex items-center">{trailing}</div>}
      </div>
      <Problem messages={messages} />
      {hint && (
        <BaseField.Description className="text-[0.8125rem] text-muted data-invalid:hidden">
          {hint}
        </BaseField.Description>
      )}
    </BaseField.Root>
  )
}

export function Problem({ messages }: { messages: Messages }) {
  return (
    <BaseField.Validity>
      {({ validity }) => {
        const unmet = Object.entries(messages).find(([constraint]) => validity[constraint as keyof Messages])
        return (
          <BaseField.Error className="text-[0.8125rem] text-danger" {...(unmet && { children: unmet[1] })} />
        )
      }}
    </BaseField.Validity>
  )
}
