// What is read from the server, and what buttons do there.
import { ApiError } from "./data/ask";

/** Something that is read from the server: its value, or why it could not be read. */
export class Loaded<T> {
  value: T | null = $state.raw(null);
  fault: ApiError | null = $state.raw(null);
  isBusy = $state(false);
  private turn = 0;

  constructor(private readonly read: () => Promise<T>) {}

  load = async (): Promise<T | null> => {
    const turn = ++this.turn;
    this.isBusy = true;
    try {
      const value = await this.read();
      if (turn === this.turn) {
        this.value = value;
        this.fault = null;
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === this.turn) this.fault = error;
    } finally {
      if (turn === this.turn) this.isBusy = false;
    }
    return this.value;
  };

  /** As before the first reading; what is under way is not waited for. */
  forget(): void {
    this.turn++;
    this.value = null;
    this.fault = null;
    this.isBusy = false;
  }
}

/** Something a button does: while it runs it is busy, and what the server refused is kept to be shown. */
export class Action<A extends unknown[]> {
  isBusy = $state(false);
  fault: ApiError | null = $state.raw(null);

  constructor(private readonly work: (...args: A) => Promise<unknown>) {}

  run = async (...args: A): Promise<boolean> => {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.fault = null;
    try {
      await this.work(...args);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.fault = error;
      return false;
    } finally {
      this.isBusy = false;
    }
  };
}
