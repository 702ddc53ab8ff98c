/*
 * The certificate assistant on the user's own PC, asked over loopback, and the box of a page
 * that shows how it stands: not running, not yet allowed, no key, several keys, locked.
 */
import { say, show, wait } from "./site.js";

const NOT_RUNNING = "没有找到证书助手。请启动证书助手（没有安装的请先下载安装），然后点“重新检测”。";

export class AssistantError extends Error {
	constructor(text, kind, answer) {
		super(text);
		this.kind = kind;
		this.answer = answer ?? {};
	}
}

export class Assistant {
	constructor(origin = document.body.dataset.assistant) {
		this.origin = origin;
	}

	async ask(path, body) {
		const options = body === undefined ? {} : { method: "POST",
		    headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
		let response;

		try {
			response = await fetch(this.origin + path, options);
		} catch {
			throw new AssistantError(NOT_RUNNING, "offline");
		}
		const answer = await response.json().catch(() => ({}));

		if (!response.ok)
			throw new AssistantError(answer.error ?? "证书助手没有完成这一步，请再试一次。",
			    answer.kind, answer);
		return answer;
	}

	status() {
		return this.ask("/status");
	}

	pair() {
		return this.ask("/pair", {});
	}

	keys() {
		return this.ask("/keys");
	}

	check() {
		return this.ask("/check");
	}

	verifyPin(key, pin) {
		return this.ask("/pin/verify", { key, pin });
	}

	changePin(key, pin, newPin) {
		return this.ask("/pin/change", { key, pin, new_pin: newPin });
	}

	/* What the site encrypts an activation PIN to. */
	async activationPoint() {
		return (await this.ask("/pin/activation")).point;
	}

	/* given: the site's {activation}; admin: pin is the administrator's. */
	activate(key, given, pin, admin = false) {
		return this.ask("/pin/activation", { key, activation: given.activation, pin, admin });
	}

	/* A key pair in the UKey for this order; its request. */
	make(key, order, cn, pin) {
		return this.ask("/key/make", { key, order, cn, pin });
	}

	/* The key of a soft certificate: made in its file, once for an order. → csr, serial, key */
	softMake(order, cn, pin) {
		return this.ask("/soft/make", { order, cn, pin });
	}

	/* replaces: serial of the certificate whose pair becomes history then. */
	install(key, order, pin, pair, replaces = "") {
		return this.ask("/key/install", { key, order, pin, sign_cert: pair.sign_cert,
		    enc_cert: pair.enc_cert, envelope: pair.enc_key,
		    device: pair.device, seal: pair.seal ?? "", replaces });
	}

	/* → serial (of the UKey), challenge */
	unlockChallenge(key) {
		return this.ask("/unlock/challenge", { key });
	}

	/* given: the site's {order, expires, answer}. */
	unlockFinish(key, given, newPin) {
		return this.ask("/unlock/finish", { key, order: given.order,
		    expires: given.expires, answer: given.answer, new_pin: newPin });
	}

	/* → carrier, signature, serial (of the UKey) */
	recoverRequest(key, order, receiver, pin) {
		return this.ask("/recover/request", { key, order, receiver, pin });
	}

	/* given: the site's {enc_cert, envelope}. */
	recoverInstall(key, order, pin, given) {
		return this.ask("/recover/install", { key, order, pin, enc_cert: given.enc_cert,
		    envelope: given.envelope });
	}

	/* A document encrypted for one of its certificates, current or history. → plain (base64) */
	open(key, document, pin) {
		return this.ask("/open", { key, document, pin });
	}

	sign(key, serial, text, pin) {
		return this.ask("/sign", { key, serial, text, pin });
	}
}

function keyText(key) {
	const first = key.certificates[0];
	const holder = first ? `：${first.cn}，至 ${first.not_after.slice(0, 10)}` :
	    key.soft ? "：没有下载完" : "：空白";

	return `${key.label || key.vendor || "UKey"}${key.serial ? `（${key.serial}）` : ""}${holder}`;
}

/* What keeps a certificate from being used, as one sentence; "" when nothing. */
function certificateTrouble(certificate, place) {
	if (certificate.state === "expired")
		return `${place}中的证书已过期，请办理证书更新；如果证书没有到期，请校准电脑的日期和时间。`;
	if (certificate.state === "not_yet")
		return `${place}中的证书还没有生效，请校准电脑的日期和时间。`;
	return "";
}

export class AssistantBox {
	/* wants: "certificate" (to sign), "blank" (to receive), "holder" (to receive beside the pair
	 * of `holds`, and no other UKey plugged in), "locked" (to unlock: no PIN), "admin" (its
	 * administrator's PIN), "any"; "soft" (a file of this computer that is made or gone on with). */
	constructor(scope, wants) {
		this.scope = scope;
		this.wants = wants;
		this.medium = wants === "certificate" ? "any" : wants === "soft" ? "soft" : "ukey";
		this.holds = "";		/* serial of that certificate; of the one to sign with */
		this.ukey = "";			/* … and of its UKey, "" unknown */
		this.assistant = new Assistant();
		this.said = scope.querySelector("[data-assistant-said]");
		this.select = scope.querySelector("[data-assistant-select]");
		this.pinInput = scope.querySelector("[data-assistant-pin]");
		this.tries = scope.querySelector("[data-assistant-tries]");
		this.go = scope.querySelector("[data-assistant-go]");
		this.keys = [];
		this.onchange = () => {};
		scope.querySelector("[data-assistant-again]").addEventListener("click",
		    () => this.look());
		this.select.addEventListener("change", () => this.chosen());
		scope.querySelector("[data-assistant-set]").addEventListener("click",
		    () => this.setPin().catch((error) => this.failed(error)));
	}

	get key() {
		return this.keys.find((k) => k.key === this.select.value);
	}

	get certificate() {
		return this.key?.certificates.find((c) => c.serial === this.holds) ??
		    this.key?.certificates[0];
	}

	get pin() {
		return this.pinInput.value;
	}

	input(name) {
		return this.scope.querySelector(`[data-assistant-${name}]`);
	}

	part(name, yes) {
		show(this.scope.querySelector(`[data-assistant-${name}]`), yes);
	}

	ready(yes) {
		if (this.go)
			this.go.disabled = !yes;
	}

	trouble(text) {
		say(this.said, text, "bad");
		this.ready(false);
	}

	/* UKeys, soft certificates or both. */
	takes(key) {
		return this.medium === "any" || (this.medium === "soft") === Boolean(key.soft);
	}

	/* What the key and its secret are called. */
	words(key) {
		return key?.soft ? { key: "软证书", pin: "口令" } : { key: "UKey", pin: "PIN码" };
	}

	/* The sentence when there is no key of the wanted sort. */
	noneText() {
		if (this.medium === "soft")
			return "这台电脑上没有找到原来的软证书。请在存放它的电脑上办理，或把备份的文件放回证书助手的软证书文件夹，" +
			    "再点“重新检测”；文件丢失的，请办理补办。";
		return this.wants === "holder" ?
		    `没有检测到UKey。请插入原证书所在的UKey${this.ukeyText()}，再点“重新检测”。` :
		    "没有检测到UKey。请插入UKey；已插入的，请换一个USB口再点“重新检测”。" +
		    (this.medium === "any" ? "用软证书的，请在存放它的电脑上办理。" : "");
	}

	/* Ask to be allowed, and wait until the user has said yes on the assistant's own page. */
	async pair() {
		const asked = await this.assistant.pair();

		if (asked.allowed)
			return;
		this.scope.querySelector("[data-assistant-code]").textContent = asked.code;
		say(this.said, "请在证书助手中允许本网站使用UKey。");
		this.part("pair", true);
		while (!(await this.assistant.status()).allowed)
			await wait(1500);
		this.part("pair", false);
	}

	async look() {
		this.ready(false);
		this.part("key", false);
		say(this.said, "正在连接证书助手……");
		try {
			const status = await this.assistant.status();

			if (!status.allowed)
				await this.pair();
			await this.list();
		} catch (error) {
			this.trouble(error.message);
		}
	}

	async list() {
		const found = await this.assistant.keys();
		const broken = found.drivers.find((d) => d.error);

		this.keys = found.keys.filter((k) => !k.error && this.takes(k));
		this.select.replaceChildren(...this.keys.map((k) => new Option(keyText(k), k.key)));
		if (this.wants === "soft") {
			say(this.said, "已连接证书助手。");
			this.ready(true);
			this.onchange(this.keys);
			return;
		}
		if (this.keys.length === 0) {
			this.trouble(found.keys.find((k) => k.error && this.takes(k))?.error ??
			    broken?.error ?? this.noneText());
			return;
		}
		if (this.wants === "holder" && this.medium === "soft")
			this.select.value = (this.keys.find((k) => k.certificates.some((c) =>
			    c.serial === this.holds)) ?? this.keys[0]).key;
		else if (this.wants === "holder" && this.keys.length > 1) {
			this.trouble(`检测到${this.keys.length}支UKey。请只留原证书所在的一支` +
			    `${this.ukeyText()}，拔下其余的，再点“重新检测”。`);
			return;
		}
		if (this.wants === "certificate")
			this.select.value = (this.keys.find((k) => k.certificates.some((c) =>
			    c.serial === this.holds)) ?? this.keys.find((k) => !k.soft &&
			    k.certificates.length > 0) ?? this.keys.find((k) => k.certificates.length > 0) ??
			    this.keys[0]).key;
		if (this.wants === "blank")
			this.select.value = (this.keys.find((k) => k.certificates.length === 0) ??
			    this.keys[0]).key;
		if (this.wants === "admin")
			this.select.value = (this.keys.find((k) => k.serial === this.scope.dataset.ukey) ??
			    this.keys[0]).key;
		this.part("key", true);
		this.chosen();
	}

	ukeyText() {
		return this.ukey ? `（序列号${this.ukey}）` : "";
	}

	/* Why the new pair cannot go into this UKey; "" when it can. */
	holderTrouble(key) {
		if (key.certificates.some((c) => c.serial === this.holds))
			return "";
		if (key.soft)
			return this.noneText();
		return `这支UKey里没有原证书。请换成原证书所在的UKey${this.ukeyText()}，再点` +
		    "“重新检测”；它丢失或损坏的，请办理补办。";
	}

	chosen() {
		const key = this.key;

		if (!key)
			return;
		const words = this.words(key);

		this.input("key-word").textContent = this.medium === "any" && this.keys.some((k) => k.soft) ?
		    "UKey或软证书" : words.key;
		this.input("pin-word").textContent = words.pin;
		if (this.wants === "locked") {
			this.chosenLocked(key);
			return;
		}
		if (this.wants === "admin") {
			say(this.said, "已检测到UKey，请输入它的管理员PIN码。");
			this.ready(true);
			return;
		}
		if (key.tries_left === 0) {
			this.trouble("这支UKey已锁定（PIN码连续输错次数过多）。请登录用户中心，" +
			    "在“我的证书”中选择这张证书，办理“解锁UKey”。");
			return;
		}
		if (this.wants === "certificate" && key.certificates.length === 0) {
			this.trouble(key.soft ? "这份软证书还没有下载完，请先到证书下载页面继续。" :
			    "这支UKey中没有证书，请换一支；还没有下载证书的，请先下载证书。");
			return;
		}
		const trouble = this.wants === "certificate" ? certificateTrouble(key.certificates[0], words.key) :
		    this.wants === "holder" ? this.holderTrouble(key) : "";
		if (trouble) {
			this.trouble(trouble);
			return;
		}
		say(this.said, this.keys.length > 1 ?
		    `检测到${this.keys.length}${this.keys.some((k) => k.soft) ? "个UKey或软证书" : "支UKey"}，` +
		    `请确认选择的是要用的一${this.keys.some((k) => k.soft) ? "个" : "支"}。` :
		    key.soft ? "已找到软证书，请输入口令。" : key.pin_is_default && key.certificates.length > 0 ?
		    "已检测到UKey。它还在使用初始PIN码，登录后请在证书助手中修改。" :
		    "已检测到UKey，请输入PIN码。");
		this.sayTries(key.tries_left, key.tries_max);
		this.part("change", false);
		this.ready(true);
		if (this.scope.dataset.ownPin !== undefined && key.pin_is_default)
			this.askNewPin("这支UKey还在用初始PIN码。请在上面输入初始PIN码，再设置只有您自己知道的PIN码。");
		this.onchange(key);
	}

	/* No PIN is known; it must be a UKey that can be unlocked from here. */
	chosenLocked(key) {
		show(this.pinInput.closest(".field"), false);
		if (!key.unlock) {
			this.trouble("这支UKey不能在线解锁，请携带UKey到服务网点办理，或申请补办。");
			return;
		}
		say(this.said, this.keys.length > 1 ?
		    `检测到${this.keys.length}支UKey，请确认选择的是要解锁的一支。` :
		    key.tries_left === 0 ? "已检测到锁定的UKey。" : "已检测到UKey。");
		this.ready(true);
	}

	sayTries(left, max) {
		say(this.tries, left === undefined || left < 0 ? "" :
		    `PIN码连续输错${max ?? ""}次会锁定，还可以试${left}次。`);
	}

	/* The PIN opens nothing before another is put in its place. */
	askNewPin(why) {
		say(this.input("why"), why);
		this.part("change", true);
		this.ready(false);
	}

	async setPin() {
		const fresh = this.input("new").value;

		if (this.pin === "")
			throw new Error("请输入现在的PIN码。");
		if (fresh !== this.input("repeat").value)
			throw new Error("两次输入的新PIN码不一样，请重新输入。");
		await this.assistant.changePin(this.key.key, this.pin, fresh);
		this.key.pin_is_default = false;
		this.pinInput.value = fresh;
		this.input("new").value = this.input("repeat").value = "";
		this.part("change", false);
		say(this.said, "PIN码已设置，请牢记，不要告诉他人。请继续办理。");
		this.sayTries(this.key.tries_max, this.key.tries_max);
		this.ready(true);
	}

	/* After a failed act: one sentence, and how many tries are left. */
	failed(error) {
		if (error.kind === "expired") {
			say(this.said, "请先设置您自己的PIN码。");
			this.askNewPin(error.message);
			this.input("new").focus();
			return;
		}
		if (error.answer?.tries_left !== undefined && error.answer.tries_left >= 0) {
			this.sayTries(error.answer.tries_left, this.key?.tries_max);
			if (this.key)
				this.key.tries_left = error.answer.tries_left;
		}
		if (error.answer !== undefined)
			this.pinInput.value = "";
		this.pinInput.focus();
		say(this.said, error.errors?.[0]?.text ?? error.message, "bad");
		this.ready(error.kind !== "limit" && this.input("change").classList.contains("hide"));
	}
}
