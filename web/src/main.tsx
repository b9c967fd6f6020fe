/** Starts the pages. */
import './without-eval.ts'
import '@mantine/core/styles.css'
import './colours.css'
import './page.css'
import { MantineProvider } from '@mantine/core'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { isSignedOut, isUnreachable } from './api.ts'
import { App } from './app.tsx'

const root = document.getElementById('root')
if (root === null) throw new TypeError('the page has no root element')

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // Whatever question finds out first that the session is over, or the service gone: the frame asks then, and says so.
    onError: (error, query) => {
      const concernsAll = isSignedOut(error) || isUnreachable(error)
      if (concernsAll && query.queryKey[0] !== 'status') void queries.invalidateQueries({ queryKey: ['status'] })
    },
  }),
  // A service on this machine is there without a network too.
  defaultOptions: {
    queries: { retry: false, refetchOnWindowFocus: true, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
})

createRoot(root).render(
  <StrictMode>
    <MantineProvider withCssVariables={false} withGlobalClasses={false} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
