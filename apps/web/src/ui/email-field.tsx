import { Field } from './field.tsx'

export const EmailField = () => (
  <Field
    name="email"
    label="E-mail"
    type="email"
    autoComplete="username"
    required
    maxLength={254}
    messages={{
      valueMissing: 'Enter your e-mail address.',
      typeMismatch: 'This is not a complete e-mail address.',
    }}
  />
)
