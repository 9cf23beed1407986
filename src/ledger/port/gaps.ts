/** A time in which requests may have been sent that this ledger does not know. */
export interface Gap {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** For people. */
  readonly why: string;
  readonly foundAt: number;
  /** Claims that the ledger had counted then; later ones were sent with its knowledge. */
  readonly claims: number;
  /** When a person closed it. */
  readonly closedAt: number | null;
  /** Nobody has closed it, and some account is not clear. */
  readonly isOpen: boolean;
  /** Accounts of which the vendor's list shows that no unknown job was made in it; it shows no trainings. */
  readonly clearAccounts: readonly string[];
}

/** How this ledger came to know less than was sent, and what of it is settled. */
export interface GapLedger {
  /** Gaps that were found when this ledger was opened here. */
  readonly found: readonly Gap[];
  /** The ledger file that this one was then found to be a copy of, where that one is still in its place. */
  readonly copyOf: string | undefined;
  /** Open ones, oldest first; `closed`: those that were settled as well. */
  list(options?: { closed?: boolean }): Promise<readonly Gap[]>;
  /**
   * Notes a gap. Where one touches it that nobody has closed, the two become one with a new id and both reasons:
   * nothing has been asked about it.
   */
  add(gap: Pick<Gap, 'from' | 'to' | 'why'>): Promise<Gap>;
  /**
   * The vendor lists no job of that time that this ledger does not know: claims of jobs at the account need not
   * ask any more; trainings do. A gap in which every account of the ledger is clear is open no more, until
   * another account is configured.
   */
  clear(id: number, account: string): Promise<void>;
  /** A person says that all that may have been sent in it is known or decided. False when one has before. */
  close(id: number): Promise<boolean>;
}
