/* The reviewer's page: pictures zoomed, reasons added, the approval signed in the UKey. */
import { post, say, show } from "./site.js";
import { AssistantBox } from "./assistant.js";
import "./viewer.js";

const root = document.querySelector("[data-review]");
const no = root.dataset.review;

/* ---- reasons of a return ---- */

const returning = root.querySelector("[data-return]");
returning?.querySelector("[data-reason-more]").addEventListener("click", (e) => {
	const rows = returning.querySelectorAll("[data-reason-row]");
	const row = rows[0].cloneNode(true);

	for (const control of row.querySelectorAll("select, input")) {
		control.name = control.name.replace(/\d+$/, rows.length);
		control.id = control.id.replace(/\d+$/, rows.length);
		control.value = "";
	}
	for (const label of row.querySelectorAll("label"))
		label.htmlFor = label.htmlFor.replace(/\d+$/, rows.length);
	rows[rows.length - 1].after(row);
	e.target.disabled = rows.length >= 9;
});

/* ---- approval ---- */

const approving = root.querySelector("[data-approve]");
let statement = null;

/* The text that is signed is the text that is shown. */
async function showStatement() {
	const pre = approving.querySelector("[data-statement]");

	statement = await post(`/staff/reviews/${no}/statement`, { version: root.dataset.version });
	pre.textContent = statement.statement;
	show(pre);
}

async function approve(box) {
	if (box.pin === "")
		throw new Error("请输入PIN码。");
	if (!statement)
		await showStatement();
	const signed = await box.assistant.sign(box.key.key, box.certificate.serial,
	    statement.statement, box.pin);
	const answer = await post(`/staff/reviews/${no}/approve`, { version: statement.version,
	    statement: statement.statement, signature: signed.signature,
	    certificate: signed.certificate });

	location.assign(answer.next);
}

if (approving) {
	const box = new AssistantBox(approving, "certificate");

	box.look();
	approving.querySelector("[data-approve-show]").addEventListener("click", () =>
	    showStatement().catch((error) => say(box.said, error.message, "bad")));
	approving.addEventListener("submit", (e) => {
		e.preventDefault();
		box.ready(false);
		say(box.said, "正在签名……");
		approve(box).catch((error) => box.failed(error));
	});
}
