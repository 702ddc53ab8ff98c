/* The recovered key into the UKey or soft certificate: each stage may be done again from the beginning. */
import { post, say, show } from "./site.js";
import { AssistantBox } from "./assistant.js";

const root = document.querySelector("[data-recover]");
const no = root.dataset.recover;
const form = root.querySelector("[data-recover-run]");

function reach(stage) {
	let before = true;

	for (const li of form.querySelectorAll("[data-stage]")) {
		before = before && li.dataset.stage !== stage;
		li.classList.toggle("done", before);
		li.classList.toggle("current", li.dataset.stage === stage);
	}
}

/* The one that holds the receiving certificate, whichever is chosen in the list. */
function rightKey(box) {
	if (!box.key.certificates.some((c) => c.serial === root.dataset.receiver))
		throw new Error(`选择的不是接收密钥的${root.dataset.medium}，请换成证书 ${root.dataset.receiver} 所在的一个。`);
	return box.key.key;
}

async function recover(box) {
	const key = rightKey(box);

	if (box.pin === "")
		throw new Error(`请输入${box.words(box.key).pin}。`);
	show(form.querySelector("[data-recover-progress]"), true);
	say(box.said, `正在恢复密钥，请${root.dataset.keep}……`);
	reach("request");
	const asked = await box.assistant.recoverRequest(key, no, root.dataset.receiver, box.pin);
	reach("key");
	const given = await post(`/orders/${no}/recover/key`, { carrier: asked.carrier,
	    signature: asked.signature, ukey: asked.serial });
	reach("install");
	await box.assistant.recoverInstall(key, no, box.pin, given);
	reach("open");
	const opened = await box.assistant.open(key, given.probe, box.pin);
	const done = await post(`/orders/${no}/recover/done`, { plain: opened.plain });

	location.assign(done.next);
}

if (form) {
	const box = new AssistantBox(form, "certificate");

	box.holds = root.dataset.receiver;
	box.look();
	form.addEventListener("submit", (e) => {
		e.preventDefault();
		box.ready(false);
		recover(box).catch((error) => box.failed(error));
	});
}
