import { Field as BaseField } from '@base-ui/react/field'
import type { ReactNode } from 'react'
import { Form } from '../ui/form.tsx'
import { Problem } from '../ui/field.tsx'
import { useSaveShortcut } from './use-save-shortcut.ts'

export interface Text {
  title: string
  body: string
}

export type Intent = 'save' | 'publish'

interface EditorProps {
  label: string
  text: Text
  onChange: (text: Text) => void
  onSubmit: (intent: Intent) => void
  error: unknown
  describe?: (error: unknown) => ReactNode
  status: ReactNode
  actions: ReactNode
  takesFocus?: boolean
}

/** A title and a text, as wide as they will be read. */
export function Editor({ label, text, onChange, onSubmit, status, actions, ...form }: EditorProps) {
  const formRef = useSaveShortcut()
  return (
    <div ref={formRef}>
      <Form
        {...form}
        label={label}
        onValues={(_values, intent) => onSubmit(intent === 'publish' ? intent : 'save')}
      >
        <BaseField.Root name="title">
          <BaseField.Label className="sr-only">Title</BaseField.Label>
          <BaseField.Control
            render={<textarea rows={1} />}
            value={text.title}
            onValueChange={(title) => onChange({ ...text, title: title.replace(/\n/g, ' ') })}
            onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
            placeholder="Title"
            required
            maxLength={200}
            className={`${plain} text-2xl font-semibold tracking-tight`}
          />
          <Problem messages={{ valueMissing: 'Give it a title first.' }} />
        </BaseField.Root>
        <BaseField.Root name="body">
          <BaseField.Label className="sr-only">Text</BaseField.Label>
          <BaseField.Control
            render={<textarea rows={12} />}
            value={text.body}
            onValueChange={(body) => onChange({ ...text, body })}
            placeholder="Write…"
            maxLength={50_000}
            className={`${plain} min-h-[calc(100dvh-19rem)] text-[0.9375rem] leading-7`}
          />
          <Problem messages={{}} />
        </BaseField.Root>
        <div className="sticky bottom-4 flex flex-wrap items-center gap-2 rounded-xl border border-line bg-surface p-2 pl-4 shadow-high">
          <output className="mr-auto text-[0.8125rem] text-muted">{status}</output>
          {actions}
        </div>
      </Form>
    </div>
  )
}

const plain =
  'block w-full resize-none field-sizing-content bg-transparent outline-none placeholder:text-muted'
