const tints = [
  'bg-[#e9e9fb] text-[#3d41a8] dark:bg-[#23244a] dark:text-[#b9c2ff]',
  'bg-[#e2f2ea] text-[#12603a] dark:bg-[#14301f] dark:text-[#86d9ab]',
  'bg-[#fbeedb] text-[#7a4a00] dark:bg-[#33260f] dark:text-[#f0c377]',
  'bg-[#fbe6ea] text-[#94203c] dark:bg-[#3a1820] dark:text-[#ffa3b4]',
  'bg-[#e0f0f6] text-[#0f5571] dark:bg-[#10303c] dark:text-[#8fd2ec]',
  'bg-[#f2e7f8] text-[#6d2a8c] dark:bg-[#301a3c] dark:text-[#dfaef5]',
]

const sizes = {
  small: 'size-6 text-[0.6875rem]',
  medium: 'size-9 text-[0.8125rem]',
  large: 'size-16 text-xl',
} as const

interface AvatarProps {
  user: { id: string; username: string; name: string | null }
  size?: keyof typeof sizes
}

/** Initials on a tint that stays the same for a person. The name always stands beside it, so it has none of its own. */
export function Avatar({ user, size = 'medium' }: AvatarProps) {
  const tint = tints[Number.parseInt(user.id.slice(-4), 16) % tints.length]
  return (
    <span
      aria-hidden
      className={`inline-grid shrink-0 place-items-center rounded-full font-semibold select-none ${sizes[size]} ${tint}`}
    >
      {initialsOf(user.name ?? user.username)}
    </span>
  )
}

function initialsOf(name: string): string {
  const words = name.trim().split(/[\s_]+/)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map(
    (word) => [...(word ?? '')][0] ?? '',
  )
  return letters.join('').toUpperCase()
}
