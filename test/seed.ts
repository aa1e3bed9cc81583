import fc from 'fast-check';

/**
 * What the properties of all tests try: the same inputs on every machine and in every run, so that a commit which
 * passes does so everywhere. FUZZ_SEED gives others; `npm run fuzz` and `npm run soak` look for new ones.
 */
fc.configureGlobal({ seed: Number(process.env.FUZZ_SEED ?? 1) });
