/** Comes before every schema: the page's security policy forbids making code of text, which zod would otherwise try. */
import { z } from 'zod'

z.config({ jitless: true })
