// Numbers of parcels as people type them: blanks and small letters do not matter, the check digit of S10 does.

const WEIGHTS = [8, 6, 4, 2, 3, 5, 9, 7];
const S10 = /^[A-Z]{2}\d{9}[A-Z]{2}$/;
/** A sender's own number is looked up from this length on: shorter ones could be guessed. */
const LEAST = 12;

export type NumberFault = "blank" | "signs" | "short" | "check";

/** Without blanks; letters of an S10 number are large, those of a sender's own are as they were. */
export function tidyNumber(text: string): string {
  const bare = text.replace(/\s+/g, "");
  return S10.test(bare.toUpperCase()) ? bare.toUpperCase() : bare;
}

/** Whether the ninth digit is the one that the eight before it ask for (UPU S10). */
export function isChecked(number: string): boolean {
  const digits = [...number.slice(2, 11)].map(Number);
  const rest = 11 - (WEIGHTS.reduce((sum, weight, at) => sum + weight * digits[at], 0) % 11);
  return digits[8] === (rest === 10 ? 0 : rest === 11 ? 5 : rest);
}

/** Why a tidied number is not worth asking for; null when it is. */
export function faultOf(number: string): NumberFault | null {
  if (number === "") return "blank";
  if (S10.test(number)) return isChecked(number) ? null : "check";
  if (!/^[A-Za-z0-9._:-]+$/.test(number)) return "signs";
  return number.length < LEAST ? "short" : null;
}

/** As it is read aloud and compared with a label: in groups. */
export function spacedNumber(number: string): string {
  return S10.test(number) ? `${number.slice(0, 2)} ${number.slice(2, 5)} ${number.slice(5, 8)} ${number.slice(8, 11)} ${number.slice(11)}` : number;
}
