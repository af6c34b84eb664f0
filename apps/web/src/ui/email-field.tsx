import { Field } from './field.tsx'

interface EmailFieldProps {
  label?: string
  /** One that is to become somebody's is not yet what they sign in with. */
  autoComplete?: 'username' | 'email'
  validate?: (value: unknown) => string | null
}

export const EmailField = ({ label = 'E-mail', autoComplete = 'username', ...field }: EmailFieldProps) => (
  <Field
    {...field}
    name="email"
    label={label}
    type="email"
    autoComplete={autoComplete}
    required
    maxLength={254}
    messages={{
      valueMissing: 'Enter your e-mail address.',
      typeMismatch: 'This is not a complete e-mail address.',
    }}
  />
)
