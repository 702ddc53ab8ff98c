/*
 * Collecting a soft certificate: the assistant makes the key in a file of this computer, or the
 * applicant brings a request of his own.  The passphrase goes to the assistant only.
 */
import { post, say, show } from "./site.js";
import { AssistantBox } from "./assistant.js";

const REQUEST_MAX = 8192;

function bytes(base64) {
	return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

function pem(base64, label) {
	return `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g).join("\n")}\n-----END ${label}-----\n`;
}

/* What was pasted or read from a file, as base64 DER; "" when it is no request at all. */
function requestOf(text) {
	const inside = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]+?)-----END/.exec(text);
	const base64 = (inside ? inside[1] : text).replace(/\s+/g, "");

	/* a SEQUENCE of more than 127 bytes begins so */
	return base64.length % 4 === 0 && /^MI[A-Za-z0-9+/]+={0,2}$/.test(base64) ? base64 : "";
}

export class SoftFetch {
	/* page: box (of the key that holds the old certificate), progress, finished, start. */
	constructor(root, page) {
		this.part = (name) => root.querySelector(`[data-fetch-${name}]`);
		this.page = page;
		this.first = root.querySelector("#f-passphrase");
		this.second = root.querySelector("#f-passphrase2");
		this.begun = false;
		this.box = new AssistantBox(this.part("soft"), "soft");
		this.box.onchange = (keys) => this.looked(keys);
		this.part("ways").addEventListener("change", (e) => this.choose(e.target.value));
		this.part("soft").addEventListener("submit", (e) => this.submitted(e));
		this.part("request").addEventListener("submit", (e) => this.requested(e));
		this.part("saved").addEventListener("submit", (e) => this.saved(e));
		root.querySelector("#f-csr-file").addEventListener("change", (e) =>
		    this.read(e.target.files[0]));
	}

	prepare(order) {
		this.order = order;
		this.page.box.medium = "soft";
		show(this.part("ukey"), false);
		show(this.part("file"));
		show(this.part("ways"));
		show(this.part("prepare"), false);
		show(this.part("prepare-soft"));
		this.part("hold").textContent = "下载过程中请不要关闭本页和证书助手。";
	}

	/* The assistant: a new file, or the one the old certificate is in; or a request. */
	choose(way) {
		const again = this.order.same_key;
		const assistant = way === "assistant";

		show(this.part("soft"), assistant && !again);
		show(this.part("run"), assistant && again);
		show(this.part("same"), assistant && again);
		show(this.part("request"), !assistant);
		if (assistant)
			(again ? this.page.box : this.box).look();
	}

	/* ---- by the assistant ---- */

	/* A file of this order may be there from a try before: it keeps its passphrase. */
	looked(keys) {
		this.begun = keys.some((k) => k.key === `soft:${this.order.no}`);
		show(this.part("passphrase"));
		show(this.part("begun"), this.begun);
		show(this.part("again"), !this.begun);
	}

	submitted(e) {
		const wrong = this.first.value === "" ? this.first :
		    !this.begun && this.first.value !== this.second.value ? this.second : null;

		e.preventDefault();
		if (!wrong) {
			this.page.start();
			return;
		}
		say(this.box.said, wrong === this.first ? "请输入软证书的口令。" :
		    "两次输入的口令不一样，请重新输入。", "bad");
		wrong.focus();
	}

	async run() {
		const { order, page, box } = this;
		const pin = this.first.value;

		page.progress(10, "正在这台电脑上生成密钥……");
		const made = await box.assistant.softMake(order.no, order.subject, pin);

		this.begun = true;
		page.progress(45, "正在签发证书……");
		const pair = await post("/fetch/issue", { token: order.token, csr: made.csr,
		    medium: made.serial });

		page.progress(70, "正在写入软证书文件……");
		await box.assistant.install(made.key, order.no, pin, pair, order.replaces);
		page.progress(90, "正在确认……");
		await post("/fetch/done", { token: order.token });
		page.finished("soft");
	}

	/* ---- by a request ---- */

	/* A file may be PEM or DER. */
	async read(file) {
		const said = this.part("request-said");

		if (!file || file.size > REQUEST_MAX) {
			say(said, file ? "这个文件太大，不是证书请求。" : "", "bad");
			return;
		}
		const content = new Uint8Array(await file.arrayBuffer());

		this.part("request").elements.csr.value = content[0] === 0x30 ?
		    pem(btoa(String.fromCharCode(...content)), "CERTIFICATE REQUEST") :
		    new TextDecoder().decode(content);
		say(said, "已读入文件，请点“提交请求并下载”。");
	}

	async requested(e) {
		const field = e.target.elements.csr;
		const said = this.part("request-said");
		const csr = requestOf(field.value);

		e.preventDefault();
		if (csr === "") {
			say(said, "请选择证书请求文件，或把“BEGIN CERTIFICATE REQUEST”到“END CERTIFICATE REQUEST”" +
			    "的内容连同首尾两行粘贴进来。", "bad");
			field.focus();
			return;
		}
		say(said, "正在签发证书……");
		try {
			this.showFiles(await post("/fetch/issue", { token: this.order.token, csr,
			    way: "request" }));
		} catch (error) {
			say(said, error.errors?.[0]?.text ?? error.message, "bad");
		}
	}

	showFiles(pair) {
		const files = [
			["sign.pem", "签名证书", pem(pair.sign_cert, "CERTIFICATE")],
			["enc.pem", "加密证书", pem(pair.enc_cert, "CERTIFICATE")],
			["chain.p7b", "两张证书和证书链（PKCS#7）", bytes(pair.p7b)],
			["enc-key.der", "加密密钥信封", bytes(pair.enc_key)],
			["enc-key.sm2", "信封里的会话密钥（OpenSSL用）", bytes(pair.enc_key_sm2)],
			["enc-key.sm4", "信封里的加密私钥（OpenSSL用）", bytes(pair.enc_key_sm4)],
		];

		this.part("file-list").replaceChildren(...files.map(([name, title, content]) => {
			const line = document.createElement("li");
			const link = document.createElement("a");

			link.href = URL.createObjectURL(new Blob([content],
			    { type: "application/octet-stream" }));
			link.download = name;
			link.textContent = name;
			line.append(`${title}　`, link);
			return line;
		}));
		show(this.part("key"), false);
		show(this.part("files"));
	}

	async saved(e) {
		const said = this.part("saved-said");

		e.preventDefault();
		if (!this.part("tick").checked) {
			say(said, "请先保存上面的文件，再打勾。", "bad");
			return;
		}
		try {
			await post("/fetch/done", { token: this.order.token });
			show(this.part("files"), false);
			this.page.finished("request");
		} catch (error) {
			say(said, error.message, "bad");
		}
	}
}
