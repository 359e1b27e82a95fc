import react from '@vitejs/plugin-react';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

// `npm run dev` serves the console with hot reload and sends the API's requests to a gateway started beside it.
const gateway = process.env.GATEWAY ?? 'http://127.0.0.1:5080';

/** Compressed once here, as far as it goes, instead of by the gateway for every visitor. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir }) {
      for (const name of readdirSync(`${dir}/assets`)) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const plain = readFileSync(`${dir}/assets/${name}`);
        writeFileSync(`${dir}/assets/${name}.gz`, gzipSync(plain, { level: 9 }));
        writeFileSync(`${dir}/assets/${name}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      }
    },
  };
}

export default defineConfig({
  base: '/console/',
  plugins: [react(), compressed()],
  server: { proxy: { '/v1': gateway, '/openapi': gateway, '/healthz': gateway, '/readyz': gateway, '/console/settings.json': gateway } },
  build: {
    target: 'es2022',
    emptyOutDir: true,
    assetsInlineLimit: 0, // the Content-Security-Policy takes nothing inline
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What changes with every release apart from what does not: returning users fetch little.
        codeSplitting: { groups: [{ name: 'vendor', test: /node_modules/ }] },
      },
    },
  },
});
