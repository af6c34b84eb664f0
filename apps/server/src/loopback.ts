/** The names that people give this machine, as they stand in an address. */
export const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

export const isLoopbackName = (hostname: string): boolean => loopbackNames.includes(hostname)

/** Of the other end of a connection. */
export const isLoopbackAddress = (ip: string): boolean => /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/.test(ip)
