import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ThroughlineProvider } from '../shared/react/index.ts'
import { router } from './app/router.tsx'
import { startLanguage } from './language/language.ts'
import { startTheme } from './features/appearance/theme.ts'
import { client, queryClient, trpc } from './client.ts'
import { MissingPartNotice } from './ui/loading/missing-part-notice.tsx'
import { guardDroppedFiles } from './ui/files/dropped-files.ts'
import { markKeyboard } from './ui/mark-keyboard.ts'
import { keepAnswers } from './device/answers.ts'
import { followUpdates } from './device/app-update.ts'
import { sessionCache } from './device/session-cache.ts'
import './styles.css'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')

startTheme()
markKeyboard()
guardDroppedFiles()
void keepAnswers(queryClient)
followUpdates()
addEventListener('visibilitychange', () => sessionCache.flush())
addEventListener('pagehide', () => sessionCache.flush())

// The page is drawn once its translations are loaded.
void startLanguage().then(() => {
  createRoot(root).render(
    <StrictMode>
      <ThroughlineProvider client={client}>
        <trpc.Provider client={client.api} queryClient={queryClient}>
          <QueryClientProvider client={queryClient}>
            <RouterProvider router={router} />
            <MissingPartNotice />
          </QueryClientProvider>
        </trpc.Provider>
      </ThroughlineProvider>
    </StrictMode>,
  )
})
