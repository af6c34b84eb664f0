interface SwitchProps {
  label: string
  checked: boolean
  onChange: (isOn: boolean) => void
}

/** The browser's own checkbox, with the look of a switch. */
export const Switch = ({ label, checked, onChange }: SwitchProps) => (
  <input
    type="checkbox"
    role="switch"
    aria-label={label}
    checked={checked}
    aria-checked={checked}
    onChange={({ target }) => onChange(target.checked)}
    className="relative inline-block h-5.5 w-9 cursor-pointer appearance-none rounded-full bg-line-strong align-middle transition-colors after:absolute after:top-0.5 after:left-0.5 after:size-4.5 after:rounded-full after:bg-white after:shadow-low after:transition-transform checked:bg-accent checked:after:translate-x-3.5 forced-colors:appearance-auto"
  />
)
