import { ArrowUp } from 'lucide-react'
import { Button } from '../ui/button.tsx'

/** For who has scrolled down: new ones come in when they are asked for. */
export const NewOnes = ({ count, onShow }: { count: number; onShow: () => void }) =>
  count > 0 && (
    <div className="pointer-events-none sticky top-15 z-20 -mt-10 flex h-10 items-start justify-center">
      <Button
        look="primary"
        size="small"
        icon={<ArrowUp aria-hidden className="size-4" />}
        onClick={onShow}
        className="pointer-events-auto shadow-high"
      >
        {count} new
      </Button>
    </div>
  )
