// Checks what interop_make wrote, with sm-crypto and a DER reader of our own.
//	node check.mjs DIR		prints "ok NAME" or "not ok NAME: why", exit status 0
import fs from "node:fs";
import path from "node:path";
import smCrypto from "sm-crypto";
import { children, oid, read, same, write, writeInteger } from "./der.mjs";

const { sm2, sm3, sm4 } = smCrypto;
const dir = process.argv[2];
const file = (name) => fs.readFileSync(path.join(dir, name));
const text = (name) => file(name).toString();
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const SM2_SM3 = "1.2.156.10197.1.501";

function test(name, fn) {
	try {
		fn();
		console.log(`ok ${name}`);
	} catch (error) {
		console.log(`not ok ${name}: ${error.message}`);
	}
}

function want(is, what) {
	if (!is)
		throw new Error(what);
}

// SEQUENCE { tbs, algorithm, BIT STRING }
function signed(bytes) {
	const top = read(bytes);
	want(top.whole.length === bytes.length, "bytes behind the end");
	const [tbs, algorithm, bits] = children(top);
	want(oid(children(algorithm)[0]) === SM2_SM3, "not sm2sign-with-sm3");
	want(children(algorithm).length === 1, "algorithm parameters are not absent");
	want(bits.tag === 0x03 && bits.body[0] === 0, "no signature");
	return { tbs, algorithm, signature: bits.body.subarray(1) };
}

function verify(object, publicKey) {
	want(sm2.doVerifySignature([...object.tbs.whole], hex(object.signature), publicKey,
		{ hash: true, der: true, publicKey }), "the signature does not hold");
}

function refuse(object, publicKey) {
	const broken = Buffer.from(object.tbs.whole);
	broken[broken.length >> 1] ^= 1;
	want(!sm2.doVerifySignature([...broken], hex(object.signature), publicKey,
		{ hash: true, der: true, publicKey }), "an altered object still verifies");
}

function certificate(name) {
	const object = signed(file(name));
	const fields = children(object.tbs);
	const [version, serial, algorithm, issuer, validity, subject, spki] = fields;
	want(version.tag === 0xa0 && hex(version.body) === "020102", "not version 3");
	want(same(algorithm.whole, object.algorithm.whole), "two different algorithms");
	const extensions = new Map();
	for (const e of children(children(fields.at(-1))[0])) {
		const parts = children(e);
		extensions.set(oid(parts[0]), {
			critical: parts.length === 3 && parts[1].body[0] === 0xff,
			value: parts.at(-1).body,
		});
	}
	const [alg, bits] = children(spki);
	want(children(alg).map(oid).join() === "1.2.840.10045.2.1,1.2.156.10197.1.301",
		"not an SM2 key");
	return {
		...object, serial, issuer, validity, subject, extensions,
		publicKey: hex(bits.body.subarray(1)),
		usage: read(extensions.get("2.5.29.15").value).body,
	};
}

const issuers = { root: "root", issuing: "root", ocsp: "issuing", sign: "issuing",
	enc: "issuing", person: "issuing" };
const certs = {};
for (const [name, by] of Object.entries(issuers)) {
	test(`certificate ${name}: structure`, () => {
		certs[name] = certificate(`${name}.der`);
		const c = certs[name];
		want(c.serial.body.length >= 8 && c.serial.body.length <= 20 &&
			c.serial.body[0] < 0x80, "serial number");
		want(c.extensions.get("2.5.29.15").critical, "keyUsage is not critical");
		want(c.extensions.has("2.5.29.14"), "no subjectKeyIdentifier");
	});
	test(`certificate ${name}: signature`, () => {
		verify(certs[name], certs[by].publicKey);
		refuse(certs[name], certs[by].publicKey);
	});
	test(`certificate ${name}: chained to ${by}`, () => {
		const c = certs[name], parent = certs[by];
		want(same(c.issuer.whole, parent.subject.whole), "names differ");
		const constraints = parent.extensions.get("2.5.29.19");
		want(constraints?.critical && hex(constraints.value).startsWith("300") &&
			hex(constraints.value).includes("0101ff"), "the issuer is no CA");
		if (name === by)
			return;
		const aki = children(read(c.extensions.get("2.5.29.35").value))[0];
		const ski = read(parent.extensions.get("2.5.29.14").value);
		want(same(aki.body, ski.body), "key identifiers differ");
	});
	test(`certificate ${name}: its key is the one given out`, () => {
		want(sm2.getPublicKeyFromPrivateKey(text(`${name}.key`)) === certs[name].publicKey,
			"another public key");
	});
}

test("pair: one class of use each, same subject", () => {
	want(hex(certs.sign.usage) === "06c0", "sign: " + hex(certs.sign.usage));
	want(hex(certs.enc.usage) === "0338", "enc: " + hex(certs.enc.usage));
	want(same(certs.sign.subject.whole, certs.enc.subject.whole), "subjects differ");
	want(!certs.sign.extensions.has("2.5.29.19"), "basicConstraints in an end entity");
});
test("identity codes (GM/T 0015)", () => {
	want(read(certs.sign.extensions.get("1.2.156.10260.4.1.4").value).body.toString() ===
		"91350100M000100Y43", "organisation");
	want(read(certs.person.extensions.get("1.2.156.10260.4.1.1").value).body.toString() ===
		"11010519491231002X", "person");
});
test("pointers: OCSP, issuer, CRL, policy", () => {
	const e = certs.sign.extensions;
	want(e.get("1.3.6.1.5.5.7.1.1").value.includes("http://va.example/ocsp") &&
		e.get("1.3.6.1.5.5.7.1.1").value.includes("http://va.example/issuing.crt"), "AIA");
	want(e.get("2.5.29.31").value.includes("http://va.example/issuing.crl"), "CRL");
	want(oid(children(children(read(e.get("2.5.29.32").value))[0])[0]) ===
		"1.2.156.99999.1.1", "policy");
});
test("OCSP responder: OCSPSigning and nocheck", () => {
	const e = certs.ocsp.extensions;
	want(children(read(e.get("2.5.29.37").value)).map(oid).join() === "1.3.6.1.5.5.7.3.9",
		"EKU");
	want(hex(e.get("1.3.6.1.5.5.7.48.1.5").value) === "0500", "nocheck");
});

test("CRL: signature, number, the revoked one", () => {
	const crl = signed(file("list.crl"));
	verify(crl, certs.issuing.publicKey);
	refuse(crl, certs.issuing.publicKey);
	const fields = children(crl.tbs);
	want(hex(fields[0].body) === "01", "not version 2");
	want(same(fields[2].whole, certs.issuing.subject.whole), "issuer");
	const revoked = fields.find((f, i) => i > 3 && f.tag === 0x30);
	want(children(revoked).length === 1, "entries");
	want(same(children(children(revoked)[0])[0].whole, certs.person.serial.whole), "serial");
});
test("OCSP: signature by the responder", () => {
	const response = children(read(file("answer.ocsp")));
	want(hex(response[0].body) === "00", "status");
	const [type, octets] = children(children(response[1])[0]);
	want(oid(type) === "1.3.6.1.5.5.7.48.1.1", "not basic");
	const basic = signed(octets.body);
	verify(basic, certs.ocsp.publicKey);
	refuse(basic, certs.ocsp.publicKey);
	want(octets.body.includes("0123456789abcdef"), "nonce");
	want(octets.body.includes(certs.ocsp.tbs.whole), "the responder's certificate");
});
// RFC 3161 2.4.2, RFC 5652 5.4: the stamp's digest is the message's, the attributes' that of the
// stamp, and the signature is over the attributes as a SET.
for (const [name, id] of [["sm2", "1.2.840.113549.1.7.2"], ["sm2gm", "1.2.156.10197.6.1.4.2.2"]])
	test(`time stamp ${name}: signature by the TSA over its attributes`, () => {
		const [status, token] = children(read(file(`${name}-stamp.tsr`)));
		want(hex(children(status)[0].body) === "00", "not granted");
		const [type, content] = children(token);
		want(oid(type) === id, "another content type: " + oid(type));
		const parts = children(children(content)[0]);
		const info = read(children(parts[2])[1].body);	// OCTET STRING
		const imprint = children(children(read(info.body))[2]);
		want(hex(imprint[1].body) === sm3([...file("message.txt")]), "another message");
		const [, sid, , attributes, algorithm, signature] = children(children(parts.at(-1))[0]);
		const tsa = certificate(`${name}-tsa.der`);
		want(same(children(sid)[1].whole, tsa.serial.whole), "another signer");
		want(oid(children(algorithm)[0]).startsWith("1.2.156.10197.1.301") ||
			oid(children(algorithm)[0]) === SM2_SM3, "not SM2: " + oid(children(algorithm)[0]));
		const digest = children(attributes).find((a) =>
			oid(children(a)[0]) === "1.2.840.113549.1.9.4");
		want(hex(children(children(digest)[1])[0].body) === sm3([...info.body]), "another digest");
		const set = Buffer.from(attributes.whole);
		set[0] = 0x31;
		const object = { tbs: { whole: set }, signature: signature.body };
		verify(object, tsa.publicKey);
		refuse(object, tsa.publicKey);
	});
test("request: signature by its own key", () => {
	const request = signed(file("request.der"));
	const [, , spki] = children(request.tbs);
	const key = hex(children(spki)[1].body.subarray(1));
	want(key === certs.sign.publicKey, "key");
	verify(request, key);
	refuse(request, key);
});

// SM2Cipher DER -> x||y||C3||C2
function cipher(element) {
	const [x, y, hash, c2] = children(element);
	const pad = (e) => hex(e.body).padStart(64, "0").slice(-64);
	return pad(x) + pad(y) + hex(hash.body) + hex(c2.body);
}

test("message: our signature", () => {
	const key = certs.sign.publicKey;
	want(sm2.doVerifySignature([...file("message.txt")], hex(file("message.sig")), key,
		{ hash: true, der: true, publicKey: key }), "does not hold");
});
test("message: our encryption", () => {
	const plain = sm2.doDecrypt(cipher(read(file("cipher.der"))), text("enc.key"), 1);
	want(plain === text("message.txt"), "does not open");
});
test("SM2EnvelopedKey: opened with the sign key, holds the encryption key", () => {
	const [alg, wrapped, point, sealed] = children(read(file("envelope.der")));
	want(oid(children(alg)[0]) === "1.2.156.10197.1.104.1", "not sm4-ecb");
	const key = sm2.doDecrypt(cipher(wrapped), text("sign.key"), 1, { output: "array" });
	want(key.length === 16, "no SM4 key");
	want(sealed.body.length === 33, "not 32 bytes");
	const d = sm4.decrypt([...sealed.body.subarray(1)], hex(key),
		{ padding: "none", output: "array" });
	want(hex(d) === text("enc.key"), "another private key");
	want(hex(point.body.subarray(1)) === certs.enc.publicKey, "another public key");
});
test("SM3", () => {
	want(sm3("abc") === "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
		"known answer");
});

// The other direction: signed, encrypted and enveloped here, opened by interop_make read.
function cipherDer(flat) {
	return write(0x30, writeInteger(flat.slice(0, 64)), writeInteger(flat.slice(64, 128)),
		write(0x04, Buffer.from(flat.slice(128, 192), "hex")),
		write(0x04, Buffer.from(flat.slice(192), "hex")));
}
function leave(name, bytes) {
	fs.writeFileSync(path.join(dir, name), bytes);
}
leave("other.sig", Buffer.from(sm2.doSignature([...file("message.txt")], text("sign.key"),
	{ hash: true, der: true, publicKey: certs.sign.publicKey }), "hex"));
leave("other.cipher", cipherDer(sm2.doEncrypt([...file("message.txt")],
	certs.enc.publicKey, 1)));
const session = [...Buffer.from("0123456789abcdeffedcba9876543210", "hex")];
leave("other.envelope", write(0x30,
	write(0x30, Buffer.from("06082a811ccf5501680105 00".replace(" ", ""), "hex")),
	cipherDer(sm2.doEncrypt(session, certs.sign.publicKey, 1)),
	write(0x03, Buffer.from("00" + certs.enc.publicKey, "hex")),
	write(0x03, Buffer.from([0]), Buffer.from(sm4.encrypt(
		[...Buffer.from(text("enc.key"), "hex")], hex(session),
		{ padding: "none", output: "array" })))));

// Time stamps: what is signed is the attributes, written as SET OF (RFC 5652 5.4).
for (const [name, type, algorithm] of [["sm2", "1.2.840.113549.1.7.2", SM2_SM3],
	["sm2gm", "1.2.156.10197.6.1.4.2.2", "1.2.156.10197.1.301.1"]]) {
	test(`${name} time stamp: signature by the TSA`, () => {
		const [, token] = children(read(file(`${name}-stamp.tsr`)));
		const [id, content] = children(token);
		want(oid(id) === type, "not SignedData");
		const parts = children(read(content.body));
		const info = children(children(parts[2])[1])[0].body;
		const signer = children(children(parts.at(-1))[0]);
		const attributes = write(0x31, signer[3].body);
		want(oid(children(signer[4])[0]) === algorithm, "signature algorithm");
		want(sm2.doVerifySignature([...attributes], hex(signer[5].body),
			sm2.getPublicKeyFromPrivateKey(text(`${name}-tsa.key`)),
			{ hash: true, der: true,
			publicKey: sm2.getPublicKeyFromPrivateKey(text(`${name}-tsa.key`)) }),
			"the signature does not hold");
		want(hex(attributes).includes(sm3([...info])), "the digest of the stamp is not signed");
		want(hex(info).includes(sm3([...file("message.txt")])), "another document");
	});
}
