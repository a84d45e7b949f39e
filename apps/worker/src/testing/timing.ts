/** Leases so short that a test need not wait for one to end. */
export const SHORT_LEASE_SECONDS = 2;
export const SHORT_TIMING = { heartbeatMs: 300, sweepMs: 300, scheduleMs: 200 };
export const SECRET_KEY = "a key that is used in these tests only";
