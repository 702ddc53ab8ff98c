/*
 * Collecting a certificate: authorisation code, then key pair in the UKey, issuing, writing.
 * Each step may be repeated: the same order and key give the same certificates.  A soft
 * certificate's key is made in a file of this computer, or by the applicant himself (soft.js).
 */
import { post, say, show } from "./site.js";
import { AssistantBox } from "./assistant.js";
import { selfcheck } from "./selfcheck.js";
import { SoftFetch } from "./soft.js";

const root = document.querySelector("[data-fetch]");
const part = (name) => root.querySelector(`[data-fetch-${name}]`);
const bar = part("progress").querySelector("progress");
const box = new AssistantBox(part("run"), "blank");
let order = null;
let confirmedKey = "";
const soft = new SoftFetch(root, { box, progress, finished, start: runOrSay });

function mistake(form, error) {
	form.querySelector("[data-mistakes]")?.remove();
	const note = document.createElement("div");

	note.className = "notice notice-bad";
	note.dataset.mistakes = "";
	note.setAttribute("role", "alert");
	note.textContent = error.errors?.map((e) => e.text).join(" ") || error.message;
	form.prepend(note);
	form.elements[error.errors?.[0]?.field ?? ""]?.focus?.();
}

part("form").addEventListener("submit", async (e) => {
	const form = e.target;

	e.preventDefault();
	try {
		order = await post("/fetch", new FormData(form));
	} catch (error) {
		mistake(form, error);
		form.dispatchEvent(new CustomEvent("captcha-used", { bubbles: true }));
		return;
	}
	root.querySelector("[data-subject]").textContent = order.subject;
	root.querySelector("[data-template]").textContent = order.template;
	root.querySelector("[data-ends]").textContent = order.not_after_text;
	if (order.soft)
		soft.prepare(order);
	if (order.same_key) {
		box.wants = "holder";
		box.holds = order.replaces;
		box.ukey = order.ukey;
		root.querySelector("[data-ukey]").textContent = order.ukey ? `（序列号${order.ukey}）` : "";
	}
	show(part("open"), false);
	show(part("key"));
	if (order.soft) {
		soft.choose("assistant");
		return;
	}
	show(part("same"), order.same_key);
	box.look();
});

/* A key that holds a certificate: whose it is, and a second press to go on. */
function occupied(key) {
	const others = key.certificates.filter((c) => c.order !== order.no && !c.history &&
	    !(order.same_key && c.serial === order.replaces));
	const note = part("occupied");

	if (others.length === 0 || confirmedKey === key.key) {
		show(note, false);
		return false;
	}
	note.textContent = `检测到UKey中有证书数据（${others[0].cn}，有效期至` +
	    `${others[0].not_after.slice(0, 10)}）。原有证书会保留，新证书另存一份。` +
	    "确定要写入这支UKey，请再点一次“证书下载”；否则请换一支空白UKey。";
	show(note);
	confirmedKey = key.key;
	return true;
}

function progress(percent, text) {
	bar.value = percent;
	say(part("said"), text);
}

/* how: into a UKey, a soft certificate's file, or by a request. */
function finished(how) {
	for (const ended of root.querySelectorAll("[data-fetch-ended]"))
		show(ended, ended.dataset.fetchEnded === how);
	part("signin").textContent = how === "soft" ? "用软证书登录" : "用UKey登录";
	show(part("signin"), how !== "request");
	progress(100, "下载完成");
	show(part("progress"), false);
	show(part("finished"));
}

async function run() {
	show(part("key"), false);
	show(part("progress"));
	show(part("retry"), false);
	if (order.soft && !order.same_key) {
		await soft.run();
		return;
	}
	const key = box.key.key;
	const pin = box.pin;
	const words = box.words(box.key);

	progress(5, `正在核对${words.pin}……`);
	await box.assistant.verifyPin(key, pin);
	progress(20, `正在${words.key}中生成密钥……`);
	const made = await box.assistant.make(key, order.no, order.subject, pin);

	progress(45, "正在签发证书……");
	const pair = await post("/fetch/issue", { token: order.token, csr: made.csr,
	    medium: made.serial });

	progress(70, order.soft ? "正在写入软证书文件……" : "正在写入UKey，请不要拔出……");
	await box.assistant.install(key, order.no, pin, pair, order.replaces);
	progress(90, "正在确认……");
	await post("/fetch/done", { token: order.token });
	finished(order.soft ? "soft" : "ukey");
	if (order.same_key) {
		show(part("selfcheck"));
		selfcheck(part("selfcheck").querySelector("form"), "/fetch/selfcheck",
		    () => ({ token: order.token }));
	}
}

function runOrSay() {
	run().catch((error) => {
		if (error.answer && bar.value < 20) {	/* the PIN or passphrase: nothing has begun */
			show(part("progress"), false);
			show(part("key"));
			(order.soft && !order.same_key ? soft.box : box).failed(error);
			return;
		}
		say(part("said"), `${error.errors?.[0]?.text ?? error.message} 已完成的部分不会丢失，可以重试。`);
		show(part("retry"));
	});
}

part("run").addEventListener("submit", (e) => {
	e.preventDefault();
	if (box.pin === "")
		box.failed(new Error(`请输入${box.words(box.key).pin}。`));
	else if (!occupied(box.key))
		runOrSay();
});
part("retry").addEventListener("click", runOrSay);
