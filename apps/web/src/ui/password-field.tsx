import { Eye, EyeOff } from 'lucide-react'
import { useState } from 'react'
import { Field } from './field.tsx'
import { IconButton } from './button.tsx'

interface PasswordFieldProps {
  name: string
  label: string
  /** A new password has rules and is remembered by the browser; a current one is only asked for. */
  kind: 'current' | 'new'
}

export function PasswordField({ kind, ...field }: PasswordFieldProps) {
  const [isShown, setIsShown] = useState(false)
  const Icon = isShown ? EyeOff : Eye
  return (
    <Field
      {...field}
      {...(kind === 'new' && rules)}
      type={isShown ? 'text' : 'password'}
      autoComplete={`${kind}-password`}
      required
      maxLength={256}
      messages={{ valueMissing: 'Enter a password.', tooShort: tooWeak, patternMismatch: tooWeak }}
      trailing={
        <IconButton
          label={isShown ? 'Hide password' : 'Show password'}
          onClick={() => setIsShown(!isShown)}
          className="text-muted"
        >
          <Icon aria-hidden className="size-4" />
        </IconButton>
      }
    />
  )
}

const rule = 'At least 8 characters, with upper and lower case and a digit.'
const tooWeak = rule
const rules = { minLength: 8, pattern: '(?=.*\\p{Lu})(?=.*\\p{Ll})(?=.*\\p{Nd}).*', hint: rule }
