export const hooks = {
  readPackage(manifest) {
    // It writes types with the compiler's JavaScript API, which TypeScript 7 has no more.
    if (manifest.name === 'openapi-typescript') {
      manifest.dependencies.typescript = '5.9.3'
      delete manifest.peerDependencies.typescript
    }
    return manifest
  },
}
