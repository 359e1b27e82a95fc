import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `npm run dev` serves the console with hot reload and sends the API's requests to a gateway started beside it.
const gateway = 'http://127.0.0.1:5080';

export default defineConfig({
  base: '/console/',
  plugins: [react()],
  server: { proxy: { '/v1': gateway, '/healthz': gateway, '/readyz': gateway, '/console/settings.json': gateway } },
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
