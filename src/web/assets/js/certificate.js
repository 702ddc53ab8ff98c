/* Freezing, restoring, revoking: the text that is shown is signed in the UKey and sent. */
import { post, say, show } from "./site.js";
import { AssistantBox } from "./assistant.js";

/* Where the page has a text already (the second signature), that one; else a fresh one. */
async function statementOf(form, base) {
	const pre = form.querySelector("[data-statement]") ??
	    form.closest("[data-certificate]").querySelector("[data-statement]");

	if (form.dataset.change)
		return { id: form.dataset.change, statement: pre.textContent };
	const fields = Object.fromEntries(new FormData(form));
	const drafted = await post(`${base}/statement`, fields);

	pre.textContent = drafted.statement;
	show(pre);
	return drafted;
}

async function change(box, form, base) {
	if (box.pin === "")
		throw new Error(`请输入${box.words(box.key).pin}。`);
	const text = await statementOf(form, base);
	const signed = await box.assistant.sign(box.key.key, box.certificate.serial, text.statement,
	    box.pin);
	const answer = await post(`${base}/change`, { id: text.id, signature: signed.signature,
	    code: form.elements.code?.value ?? "" });

	location.assign(answer.next);
}

for (const form of document.querySelectorAll("[data-sign-change]")) {
	const place = form.closest("[data-certificate]");
	const base = `${place.dataset.base}/${place.dataset.certificate}`;
	const box = new AssistantBox(form, "certificate");

	if (place.dataset.base === "/certificates")	/* the holder signs with this very pair */
		box.holds = place.dataset.certificate;
	box.look();
	form.addEventListener("submit", (e) => {
		e.preventDefault();
		box.ready(false);
		say(box.said, "正在签名……");
		change(box, form, base).catch((error) =>
		    box.failed(error.errors?.[0] ? new Error(error.errors[0].text) : error));
	});
}
