/** A period in which requests may have been sent without this ledger's knowledge. */
export interface Gap {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** For people. */
  readonly why: string;
  readonly foundAt: number;
  /** The claim count of the ledger at `foundAt`; later claims are in the ledger. */
  readonly claims: number;
  /** When a person closed it. */
  readonly closedAt: number | null;
  /** Not closed, and not clear for every account. */
  readonly isOpen: boolean;
  /** Accounts with no unknown job of that time in the vendor's list; the list shows no trainings. */
  readonly clearAccounts: readonly string[];
}

/** The gaps of this ledger and their settlement. */
export interface GapLedger {
  /** Gaps found when this ledger was opened here. */
  readonly found: readonly Gap[];
  /**
   * Path of the original, when this file was then found to be a copy and the original is still in
   * its place.
   */
  readonly copyOf: string | undefined;
  /** Open gaps, oldest first; `closed`: settled gaps as well. */
  list(options?: { closed?: boolean }): Promise<readonly Gap[]>;
  /**
   * Adds a gap. It merges with the gaps that it touches and that are not closed. The merged gap has
   * a new id and all reasons; every request and account is checked for it again.
   */
  add(gap: Pick<Gap, 'from' | 'to' | 'why'>): Promise<Gap>;
  /**
   * The vendor lists no unknown job of the account in that gap: job claims there need no check for
   * it, training claims still do. A gap that is clear for every account of the ledger is no longer
   * open, until another account is configured.
   */
  clear(id: number, account: string): Promise<void>;
  /**
   * A person confirms that everything that may have been sent in it is known or decided. False when
   * it is closed already.
   */
  close(id: number): Promise<boolean>;
}
