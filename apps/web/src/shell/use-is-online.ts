import { onlineManager } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'

/** Whether there is a network; queries wait by the same judgement. */
export const useIsOnline = () => useSyncExternalStore(subscribe, isOnline)

const subscribe = (notify: () => void) => onlineManager.subscribe(notify)
const isOnline = () => onlineManager.isOnline()
