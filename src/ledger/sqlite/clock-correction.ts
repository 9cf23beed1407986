/** Smaller steps back of the wall clock, in milliseconds, are ordinary corrections such as those of NTP. */
export const clockCorrectionMs = 1_000;
