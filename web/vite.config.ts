/** Builds the pages into `dist/web`, where the server finds them, and the page of the repair ticket beside them. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { repairTicketPage } from './ticket/build.ts'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), repairTicketPage()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    // What the pages stand on changes seldom: a browser keeps it when only the pages are new.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'react', test: /node_modules\/(?:react|react-dom|scheduler)\// }] } },
    },
  },
})
