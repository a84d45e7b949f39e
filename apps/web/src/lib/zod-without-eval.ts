/**
 * Imported before anything that could load zod: it would otherwise try out `new Function`, which the content security policy
 * refuses and reports. The global is where zod 4 keeps its configuration, so this costs the first load no zod.
 */
(globalThis as { __zod_globalConfig?: { jitless: boolean } }).__zod_globalConfig = { jitless: true };
