/*
 * Loaded into a controller before it starts (--import …/earlier.mjs?days=40): its wall clock is so many days behind, so that
 * what it records is as old for one that is started afterwards.
 */
const days = Number(new URL(import.meta.url).searchParams.get('days'))
const present = Date.now

Date.now = () => present() - days * 24 * 3_600_000
