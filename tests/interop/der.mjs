// A reader and writer of DER of its own: shares nothing with the C side.

export function read(bytes, at = 0) {
	const tag = bytes[at];
	let length = bytes[at + 1], header = 2;
	if (length & 0x80) {
		const n = length & 0x7f;
		length = 0;
		for (let i = 0; i < n; i++)
			length = length * 256 + bytes[at + 2 + i];
		header += n;
	}
	const end = at + header + length;
	if (end > bytes.length)
		throw new Error(`element at ${at} passes the end`);
	return {
		tag, body: bytes.subarray(at + header, end), whole: bytes.subarray(at, end), end,
	};
}

export function children(element) {
	const found = [];
	for (let at = 0; at < element.body.length;) {
		const child = read(element.body, at);
		found.push(child);
		at += child.whole.length;
	}
	return found;
}

export function oid(element) {
	const parts = [];
	let value = 0;
	for (const byte of element.body) {
		value = value * 128 + (byte & 0x7f);
		if (byte & 0x80)
			continue;
		if (parts.length === 0)
			parts.push(Math.min(2, Math.floor(value / 40)), value - 40 * Math.min(2, Math.floor(value / 40)));
		else
			parts.push(value);
		value = 0;
	}
	return parts.join(".");
}

export function write(tag, ...bodies) {
	const body = Buffer.concat(bodies);
	const n = body.length;
	const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
	return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

export function writeInteger(hex) {
	let body = Buffer.from(hex, "hex");
	while (body.length > 1 && body[0] === 0)
		body = body.subarray(1);
	if (body[0] & 0x80)
		body = Buffer.concat([Buffer.from([0]), body]);
	return write(0x02, body);
}

// Tools and editors compare buffers by value.
export const same = (a, b) => Buffer.compare(a, b) === 0;
