/** A tenon, the T, above the mortise that it fits. */
export const Logo = ({ className = 'size-6' }: { className?: string }) => (
  <svg viewBox="0 0 32 32" aria-hidden className={className}>
    <rect width="32" height="32" rx="8" fill="#5b5bd6" />
    <path d="M7 7h18v6.5h-6V21h-6v-7.5H7z" fill="#fff" />
    <path d="M7 15.5h4V23h10v-7.5h4V26H7z" fill="#fff" fillOpacity=".55" />
  </svg>
)
