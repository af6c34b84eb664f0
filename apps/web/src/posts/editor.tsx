import { Field as BaseField } from '@base-ui/react/field'
import type { ReactNode } from 'react'
import type { Describe } from '../ui/failure.tsx'
import { Problem } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
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
  describe?: Describe
  takesFocus?: boolean
  /** What is saved and what is not. */
  status: ReactNode
  actions: ReactNode
}

/** A title and a text, as wide as they will be read; what can be done with them stays in sight. */
export function Editor({ text, onChange, onSubmit, status, actions, ...form }: EditorProps) {
  const ref = useSaveShortcut()
  return (
    <div ref={ref}>
      <Form {...form} onValues={(_values, intent) => onSubmit(intent === 'publish' ? intent : 'save')}>
        {(failure) => (
          <>
            <TitleField title={text.title} onChange={(title) => onChange({ ...text, title })} />
            <BodyField body={text.body} onChange={(body) => onChange({ ...text, body })} />
            <div className="sticky bottom-4 rounded-xl border border-line bg-surface p-2 shadow-high">
              {failure && <div className="mb-2">{failure}</div>}
              <div className="flex flex-wrap items-center gap-2 pl-2">
                <output className="mr-auto text-[0.8125rem] text-muted">{status}</output>
                {actions}
              </div>
            </div>
          </>
        )}
      </Form>
    </div>
  )
}

const plain =
  'block w-full resize-none field-sizing-content bg-transparent outline-none placeholder:text-muted'

const TitleField = ({ title, onChange }: { title: string; onChange: (title: string) => void }) => (
  <BaseField.Root name="title">
    <BaseField.Label className="sr-only">Title</BaseField.Label>
    <BaseField.Control
      render={<textarea rows={1} />}
      value={title}
      onValueChange={(value) => onChange(value.replace(/\s*\n\s*/g, ' '))}
      onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      placeholder="Title"
      required
      maxLength={200}
      className={`${plain} text-2xl font-semibold tracking-tight`}
    />
    <Problem messages={{ valueMissing: 'Give it a title first.' }} />
  </BaseField.Root>
)

const BodyField = ({ body, onChange }: { body: string; onChange: (body: string) => void }) => (
  <BaseField.Root name="body">
    <BaseField.Label className="sr-only">Text</BaseField.Label>
    <BaseField.Control
      render={<textarea rows={12} />}
      value={body}
      onValueChange={(value) => onChange(value)}
      placeholder="Write…"
      maxLength={50_000}
      className={`${plain} min-h-[calc(100dvh-17rem)] text-[0.9375rem] leading-7`}
    />
    <Problem messages={{}} />
  </BaseField.Root>
)
