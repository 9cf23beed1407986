/** Smaller steps back of the wall clock are ordinary corrections, such as NTP makes. Milliseconds. */
export const clockCorrectionMs = 1_000;
