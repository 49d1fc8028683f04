import { expect, test } from "vitest";
import { publicKeyOf, signatureOf } from "./signing";

// The key of RFC 8410, section 10.1, and of RFC 8037, appendix A.2.
const PEM = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
const JWK = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}';

test("a public key is read from PEM and from JSON", () => {
  expect(publicKeyOf(PEM)).toEqual({ kty: "OKP", crv: "Ed25519", x: "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE" });
  expect(publicKeyOf(JWK)?.x).toBe("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
});

test("a private key, another curve and other texts are not taken", () => {
  expect(publicKeyOf(JWK.replace("}", ',"d":"x"}'))).toBeNull();
  expect(publicKeyOf("-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----")).toBeNull();
  expect(publicKeyOf(JWK.replace("Ed25519", "X25519"))).toBeNull();
  expect(publicKeyOf(PEM.replace("MCowBQYDK2Vw", "MCowBQYDK2Vu"))).toBeNull();
  expect(publicKeyOf("hello")).toBeNull();
});

test("a signature is taken without line breaks, and detached only", () => {
  expect(signatureOf(" ab..cd\n-e ")).toBe("ab..cd-e");
  expect(signatureOf("ab.payload.cd")).toBeNull();
});
