/* The maker's page: a key pair in the blank UKey, issuing, writing, done. */
import { post, say, show } from "./site.js";
import { AssistantBox } from "./assistant.js";

async function make(form, no, box) {
	const bar = form.querySelector("progress");
	const said = form.querySelector("[data-make-said]");
	const key = box.key.key;
	const step = (percent, text) => {
		bar.value = percent;
		say(said, text);
	};

	show(bar);
	step(10, "正在UKey中生成密钥……");
	const made = await box.assistant.make(key, no, form.dataset.subject, box.pin);

	step(40, "正在签发证书……");
	const pair = await post(`/staff/making/${no}/issue`, { csr: made.csr, medium: made.serial });

	step(70, "正在写入UKey，请不要拔出……");
	await box.assistant.install(key, no, box.pin, pair);
	await finish(form, no, box);
}

/* A PIN that the page can not read, and the applicant gets by SMS; then it is done. */
async function finish(form, no, box) {
	await activate(form, no, box);
	await post(`/staff/making/${no}/made`, {});
	location.reload();
}

async function activate(form, no, box, admin = false) {
	if (form.dataset.activation === undefined)
		return;
	say(form.querySelector("[data-make-said]"), "正在设置激活PIN码……");
	const given = await post(`/staff/making/${no}/activation`,
	    { point: await box.assistant.activationPoint() });

	await box.assistant.activate(box.key.key, given, box.pin, admin);
}

/* Issued before, and its PIN is another by now: an interrupted making that only wants its end. */
async function makeOrFinish(form, no, box) {
	try {
		await make(form, no, box);
	} catch (error) {
		if (form.dataset.issued === undefined || error.kind !== "denied")
			throw error;
		await finish(form, no, box);
	}
}

/* It did not arrive: another activation PIN, by the administrator's PIN of the UKey. */
async function again(form, no, box) {
	await activate(form, no, box, true);
	await post(`/staff/making/${no}/activation/sent`,
	    form.elements.by?.checked ? { by: "sms" } : {});
	location.reload();
}

/* A form with the assistant in it, looked for when the form is in use. */
function boxed(form, wants, run) {
	form.querySelector("[data-make-assistant]").append(
	    document.querySelector("[data-assistant-template]").content.cloneNode(true));
	const box = new AssistantBox(form, wants);

	form.addEventListener("submit", (e) => {
		e.preventDefault();
		if (box.pin === "") {
			box.failed(new Error("请输入PIN码。"));
			return;
		}
		box.ready(false);
		run(form, form.dataset.no, box).catch((error) => box.failed(error));
	});
	return box;
}

for (const form of document.querySelectorAll("[data-make-run]")) {
	boxed(form, "blank", makeOrFinish).look();
}
for (const details of document.querySelectorAll("[data-make-again]")) {
	const box = boxed(details.querySelector("form"), "admin", again);

	details.addEventListener("toggle", () => details.open && box.look());
}
