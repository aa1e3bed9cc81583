import { z } from 'zod';

// Zod would try to compile checks as functions, which the page's security policy forbids. To be imported before all schemas.
z.config({ jitless: true });
