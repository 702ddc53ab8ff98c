/* A key officer's page: what is signed is what is shown, in words and as it is. */
import { post, say, show } from "./site.js";
import { AssistantBox } from "./assistant.js";

const root = document.querySelector("[data-recovery]");
const base = `/staff/recoveries/${root.dataset.recovery}`;
const form = root.querySelector("[data-recovery-sign]");

function showPlain(lines) {
	root.querySelector("[data-plain]").replaceChildren(...lines.map((line) => {
		const li = document.createElement("li");

		li.textContent = line;
		return li;
	}));
}

/* The second signs what the first did; the first has it written for two. */
async function statementOf() {
	const pre = form.querySelector("[data-statement]");

	if (!form.second)
		return pre.textContent;
	const drafted = await post(`${base}/statement`, { version: root.dataset.version,
	    second: form.second.value });

	pre.textContent = drafted.statement;
	showPlain(drafted.plain);
	show(pre);
	return drafted.statement;
}

async function sign(box) {
	if (box.pin === "")
		throw new Error("请输入PIN码。");
	const statement = await statementOf();
	const signed = await box.assistant.sign(box.key.key, box.certificate.serial, statement,
	    box.pin);
	const answer = await post(`${base}/sign`, { statement, signature: signed.signature,
	    certificate: signed.certificate });

	location.assign(answer.next);
}

if (form) {
	const box = new AssistantBox(form, "certificate");

	box.look();
	form.querySelector("[data-statement-show]")?.addEventListener("click", () =>
	    statementOf().catch((error) =>
	        say(box.said, error.errors?.[0]?.text ?? error.message, "bad")));
	form.addEventListener("submit", (e) => {
		e.preventDefault();
		box.ready(false);
		say(box.said, "正在签名……");
		sign(box).catch((error) => box.failed(error));
	});
}
