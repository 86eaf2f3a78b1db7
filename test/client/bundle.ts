/** The client as a browser gets it: one file, made of the built package by a bundler. */

import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

interface Bundle {
  readonly code: string;
  /** Files of `dist` that are in it. */
  readonly modules: readonly string[];
  /** What it would load. */
  readonly imports: readonly string[];
}

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

/** An ES module, minified. */
export async function bundleClient(): Promise<Bundle> {
  // What only Node has stays an import, and is found in it.
  const bundle = await rolldown({
    input: `${dist}client/client.js`,
    platform: 'browser',
    external: /^node:/,
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const [{ code, moduleIds, imports, dynamicImports }] = output;
  return {
    code,
    modules: moduleIds.map((id) => id.replace(dist, '')),
    imports: [...imports, ...dynamicImports],
  };
}
