import { Field } from './field.tsx'

export const UsernameField = ({ defaultValue = '' }: { defaultValue?: string }) => (
  <Field
    name="username"
    label="Username"
    defaultValue={defaultValue}
    autoComplete="off"
    autoCapitalize="none"
    spellCheck={false}
    required
    minLength={3}
    maxLength={50}
    pattern="[A-Za-z0-9_]*"
    hint="3 to 50 letters, digits and underscores."
    messages={{
      valueMissing: 'Choose a username.',
      tooShort: 'A username has at least 3 characters.',
      patternMismatch: 'Only letters from A to Z, digits and underscores.',
    }}
  />
)

export const NameField = ({ defaultValue = '' }: { defaultValue?: string }) => (
  <Field name="name" label="Name" defaultValue={defaultValue} autoComplete="name" maxLength={100} />
)
