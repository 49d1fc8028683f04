// The rows of a table that is being edited: read page by page, changed by all-or-nothing edits, conflicts kept.
import { ApiError } from "../data/ask";
import type { Change, ColumnInfo, Row, Values } from "../data/types";
import { api, type OpenCase } from "../state.svelte";
import { writeOut } from "./columns";

const PAGE = 500;

/** An edit that somebody else's came before: what was meant, and how the row is now (null: it is gone). */
export interface Conflict {
  key: string;
  mine: Values | null;
  now: Pick<Row, "key" | "values" | "etag"> | null;
}

export class EditedTable {
  columns: ColumnInfo[] = $state.raw([]);
  rows: Row[] = $state.raw([]);
  next: string | null = $state(null);
  query = $state("");
  isBusy = $state(false);
  fault: ApiError | null = $state.raw(null);
  conflicts: Conflict[] = $state.raw([]);
  private turn = 0;

  constructor(
    readonly open: OpenCase,
    readonly table: string,
  ) {}

  /** Read from the start, as many rows as were shown. */
  load = async (): Promise<void> => {
    const turn = ++this.turn;
    const wanted = this.rows.length;
    await this.attempt(async () => {
      const found: Row[] = [];
      let cursor: string | undefined;
      do {
        const page = await api.table(this.open.id, this.table, { q: this.query, cursor, limit: PAGE });
        if (turn !== this.turn) return;
        this.columns = writeOut(page.columns);
        found.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor && found.length < wanted);
      this.rows = found;
      this.next = cursor ?? null;
    });
  };

  more = async (): Promise<void> => {
    if (!this.next || this.isBusy) return;
    const turn = this.turn;
    await this.attempt(async () => {
      const page = await api.table(this.open.id, this.table, { q: this.query, cursor: this.next!, limit: PAGE });
      if (turn !== this.turn) return;
      this.rows = [...this.rows, ...page.items];
      this.next = page.next;
    });
  };

  /** Send edits, all or nothing. Where rows were changed by others meanwhile, nothing is written and each is a conflict. */
  commit = async (changes: Change[]): Promise<boolean> => {
    if (!changes.length) return true;
    const isDone = await this.attempt(async () => {
      await api.changeTable(this.open.id, this.table, changes);
    });
    if (isDone) {
      const settled = new Set(changes.map((change) => change.key));
      this.conflicts = this.conflicts.filter((conflict) => !settled.has(conflict.key));
      await this.load();
      void this.open.refresh();
    } else if (this.fault?.status === 412) this.meet(changes, this.fault);
    return isDone;
  };

  /** The edit is made again, over what the other wrote. */
  keepMine = async (conflict: Conflict): Promise<boolean> => {
    const { now, mine } = conflict;
    if (now) return this.commit([{ key: now.key, etag: now.etag, values: mine }]);
    return this.commit([{ key: null, etag: null, values: mine }]);
  };

  takeTheirs = async (conflict: Conflict): Promise<void> => {
    this.conflicts = this.conflicts.filter((one) => one !== conflict);
    await this.load();
  };

  private meet(changes: Change[], fault: ApiError): void {
    const stale = (fault.body.rows ?? []) as { key: string; values: Values | null; etag: string | null }[];
    const meant = new Map(changes.map((change) => [change.key, change.values]));
    this.conflicts = stale.map(({ key, values, etag }) => ({ key, mine: meant.get(key) ?? null, now: values && etag ? { key, values, etag } : null }));
    this.fault = null;
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    this.isBusy = true;
    this.fault = null;
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.fault = error;
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
