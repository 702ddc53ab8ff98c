/* Speaking with our own site: JSON of the pages, posts with the CSRF token. */

export class SiteError extends Error {
	constructor(text, kind, errors) {
		super(text);
		this.kind = kind;
		this.errors = errors ?? [];
	}
}

const OFFLINE = "网络不通或服务器没有应答，请检查网络后再试。";

async function answerOf(response) {
	const model = await response.json().catch(() => null);

	if (model === null)
		throw new SiteError("服务器的回答不完整，请刷新页面后再试。", "bug");
	if (!response.ok || model.error) {
		if (response.status === 401)
			location.assign(document.body.classList.contains("desk") ?
			    "/staff/signin" : "/signin");
		throw new SiteError(model.error?.text ?? "操作没有成功，请稍后再试。",
		    model.error?.kind ?? "", model.errors);
	}
	return model;
}

export async function get(path) {
	let response;

	try {
		response = await fetch(path, { headers: { Accept: "application/json" } });
	} catch {
		throw new SiteError(OFFLINE, "offline");
	}
	return answerOf(response);
}

/* fields: an object or FormData of texts. */
export async function post(path, fields) {
	const body = new URLSearchParams(fields);
	let response;

	body.set("csrf", document.body.dataset.csrf);
	try {
		response = await fetch(path, { method: "POST", body,
		    headers: { Accept: "application/json" } });
	} catch {
		throw new SiteError(OFFLINE, "offline");
	}
	const model = await answerOf(response);
	if (model.csrf)
		document.body.dataset.csrf = model.csrf;
	return model;
}

/* Upload with progress: onProgress(0…100). */
export function upload(path, file, fields, onProgress) {
	const form = new FormData();
	const request = new XMLHttpRequest();

	form.set("csrf", document.body.dataset.csrf);
	for (const [name, value] of Object.entries(fields))
		form.set(name, value);
	form.set("file", file, file.name ?? "image.jpg");
	return new Promise((resolve, reject) => {
		request.open("POST", path);
		request.setRequestHeader("Accept", "application/json");
		request.responseType = "json";
		request.upload.onprogress = (e) => {
			if (e.lengthComputable)
				onProgress(Math.round((100 * e.loaded) / e.total));
		};
		request.onerror = () => reject(new SiteError(OFFLINE, "offline"));
		request.onload = () => {
			const model = request.response;

			if (request.status < 300 && model?.ok)
				resolve(model);
			else
				reject(new SiteError(model?.errors?.[0]?.text ?? model?.error?.text ??
				    "上传没有成功，请再试一次。", model?.error?.kind));
		};
		request.send(form);
	});
}

export function show(element, yes = true) {
	element?.classList.toggle("hide", !yes);
}

export function say(element, text, kind = "") {
	if (!element)
		return;
	element.textContent = text;
	if (element.classList.contains("notice")) {
		element.classList.toggle("notice-bad", kind === "bad");
		element.classList.toggle("notice-good", kind === "good");
	}
}

/* A QR code of the model {"size","path"} as an SVG. */
export function drawQr(qr) {
	const ns = "http://www.w3.org/2000/svg";
	const svg = document.createElementNS(ns, "svg");
	const paper = document.createElementNS(ns, "path");
	const ink = document.createElementNS(ns, "path");

	svg.setAttribute("class", "qr");
	svg.setAttribute("viewBox", `0 0 ${qr.size} ${qr.size}`);
	svg.setAttribute("role", "img");
	svg.setAttribute("aria-label", "二维码");
	paper.setAttribute("fill", "#fff");
	paper.setAttribute("d", `M0 0h${qr.size}v${qr.size}H0z`);
	ink.setAttribute("fill", "#16282c");
	ink.setAttribute("d", qr.path);
	svg.append(paper, ink);
	return svg;
}

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
