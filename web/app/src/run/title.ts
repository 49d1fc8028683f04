// What a run is called: by its name, or by what it was made by where nobody gave one.
import type { Run } from "../data/types";
import type { AppWords } from "../data/words";

export function titleOf(run: Run, words: AppWords): string {
  const isUnnamed = run.kind !== undefined && run.name === run.kind;
  return isUnnamed ? words.t(`job.kind.${run.kind}`) : run.name;
}
