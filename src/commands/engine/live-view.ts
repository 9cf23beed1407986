import { formatAmount } from '../../money.ts';
import type { BatchStatus } from '../../ledger/port.ts';
import { duration } from '../plan/plan-format.ts';
import { accountName } from '../../batch/ids.ts';
import { totals } from '../text/totals.ts';
import { alignColumns } from '../text/table.ts';
import type { Terminal } from '../../terminal.ts';

const barWidth = 20;
const redrawMs = 250;

/** Redraws the last lines of a terminal. Without a terminal, prints one line per event. */
export class LiveView {
  readonly #terminal: Terminal;
  readonly #startedAt = Date.now();
  #doneAtStart: number | undefined;
  #lines = 0;
  #drawnAt = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Prints a permanent line. */
  event(line: string): void {
    this.#clear();
    this.#terminal.say(line);
  }

  draw(status: BatchStatus): void {
    this.#doneAtStart ??= finished(status);
    if (!this.#terminal.isInteractive || Date.now() - this.#drawnAt < redrawMs) return;
    this.#drawnAt = Date.now();
    const width = this.#terminal.screen.columns || 80;
    const lines = [...stepLines(status), ...this.#moneyLines(status)].map((line) =>
      line.slice(0, width - 1),
    );
    this.#clear();
    this.#terminal.screen.write(`${lines.join('\n')}\n`);
    this.#lines = lines.length;
  }

  end(): void {
    this.#lines = 0;
  }

  #clear(): void {
    if (this.#lines === 0) return;
    this.#terminal.screen.write(`\u001b[${this.#lines}A\u001b[0J`);
    this.#lines = 0;
  }

  #moneyLines(status: BatchStatus): string[] {
    const minutes = (Date.now() - this.#startedAt) / 60_000;
    const rate = minutes > 0 ? (finished(status) - (this.#doneAtStart ?? 0)) / minutes : 0;
    const { running, waiting } = totals(status);
    const left = rate > 0 ? `, about ${duration(((running + waiting) / rate) * 60)} left` : '';
    const money = status.accounts.map(
      ({ account, unit, spent, reserved, cap }) =>
        ` ${accountName(account)}   spent ${formatAmount(spent, unit)}, reserved ` +
        `${formatAmount(reserved, unit)}${cap === null ? '' : ` of ${formatAmount(cap, unit)}`}`,
    );
    return [...money, ` ${rate.toFixed(1)} a minute${left}   Ctrl-C detaches, nothing is lost`];
  }
}

function finished(status: BatchStatus): number {
  const { succeeded, cached, failed, parked } = totals(status);
  return succeeded + cached + failed + parked;
}

function stepLines(status: BatchStatus): string[] {
  const rows = status.steps.map((step) => {
    const done = step.succeeded + step.cached;
    const filled = step.total === 0 ? 0 : Math.floor((done / step.total) * barWidth);
    const rest = (['running', 'partial', 'failed', 'parked'] as const)
      .filter((key) => step[key] > 0)
      .map((key) => `${step[key]} ${key}`);
    return [
      ` ${step.step}`,
      '█'.repeat(filled) + '░'.repeat(barWidth - filled),
      `${done}/${step.total}`,
      rest.join('   '),
    ];
  });
  return alignColumns(rows);
}
