// Public keys and signatures that are made outside of the server, as people have them in files.

/** What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410). */
const HEAD = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/** A public Ed25519 key as the server takes it, of a PEM file or a JSON Web Key; null: it is neither. Never a private one. */
export function publicKeyOf(text: string): { kty: string; crv: string; x: string } | null {
  if (text.includes("PRIVATE")) return null;
  const pem = /-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/.exec(text);
  if (pem) {
    const bytes = bytesOf(pem[1]);
    if (!bytes || bytes.length !== HEAD.length + 32 || HEAD.some((byte, at) => bytes[at] !== byte)) return null;
    return { kty: "OKP", crv: "Ed25519", x: base64url(bytes.slice(HEAD.length)) };
  }
  const key = jsonOf(text);
  if (key?.kty !== "OKP" || key.crv !== "Ed25519" || typeof key.x !== "string" || "d" in key) return null;
  return { kty: "OKP", crv: "Ed25519", x: key.x };
}

/** A detached signature, ``header..signature``, without the line breaks of a file or a mail; null: it is none. */
export function signatureOf(text: string): string | null {
  const bare = text.replace(/\s+/g, "");
  return /^[\w-]+\.\.[\w-]+$/.test(bare) ? bare : null;
}

function bytesOf(text: string): number[] | null {
  try {
    return Array.from(atob(text.replace(/\s+/g, "")), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

function jsonOf(text: string): Record<string, unknown> | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const base64url = (bytes: number[]) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
