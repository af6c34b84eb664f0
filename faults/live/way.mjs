import { startTestProxy } from '../../packages/api/src/testing/proxy.ts'

/** Leads a reader to one of the servers, as a balancer does, by connections that can be cut. */
export async function openWay(urls, opened) {
  const proxies = await Promise.all(urls.map(startTestProxy))
  opened.defer(() => proxies.forEach((proxy) => proxy.stop()))
  let place = 0
  return {
    /** For a client, whose one address leads to both. */
    fetch(address, init) {
      const { pathname, search } = new URL(address)
      return fetch(new URL(pathname + search, proxies[place].url), init)
    },
    /** Which server whoever comes is led to. */
    place: () => place,
    leadTo(server) {
      place = server
    },
    /** Whatever was on its way is lost. */
    cut() {
      for (const proxy of proxies) {
        proxy.cut()
        proxy.restore()
      }
    },
  }
}
