/** What of a message is said aloud: never what is somebody's own, unless they ask for it; no marks, no addresses. */

const PRIVATE_KINDS = ["order", "ticket"];
const PRIVATE_SOURCE = /^(account|invoice|profile|privacy|callback)\b/;
// An e-mail address, a long number, an order's or a ticket's number.
const PRIVATE_WORDS = /[\w.+-]+@[\w-]+\.\w|\d(?:[\s().-]?\d){6,}|\b(?:TL|TK)-\d+/i;
const WISH = /^(?:(?:tolong|coba|please|could you)\s+)?(?:bacakan|bacain|baca(?:kan)?\s+(?:dong|aja|saja)|read\s+(?:it|that|them)(?:\s+(?:out|aloud|to me))?)\b[\s.!,a-z]{0,20}$/i;
const LONGEST = 200; // some engines stop in the middle of more

/** Whether the message tells something of the customer that somebody beside them should not hear. */
export function isPrivate({ kind, data, source, text }) {
  if (PRIVATE_KINDS.includes(kind) || data?.number) return true;
  if (source?.type === "template" && PRIVATE_SOURCE.test(source.id)) return true;
  return PRIVATE_WORDS.test(text ?? "");
}

/** Whether these words ask for what was held back. */
export function asksToRead(words) {
  return WISH.test(words.trim());
}

/** The words of `text` in pieces that an engine can say at once. */
export function sentences(text) {
  const said = text
    .replace(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .replace(/https?:\/\/\S+/g, "")
    .replace(/[*_`#>|]+/g, "")
    .replace(/\bRp\s?([\d.]+)/g, (_, amount) => `${amount.replace(/\./g, "")} rupiah`)
    .replace(/\p{Extended_Pictographic}/gu, "");
  const pieces = said.match(/[^.!?\n]+[.!?]*/g) ?? [];
  return pieces.map((piece) => piece.trim()).filter((piece) => /[\p{L}\p{N}]/u.test(piece)).flatMap(cut);
}

function cut(piece) {
  if (piece.length <= LONGEST) return [piece];
  const at = piece.lastIndexOf(" ", LONGEST);
  const end = at > 0 ? at : LONGEST;
  return [piece.slice(0, end), ...cut(piece.slice(end).trim())];
}
