/* Unlocking a UKey: its challenge to the site; the site's answer and the new PIN into the UKey. */
import { post, say } from "./site.js";
import { AssistantBox } from "./assistant.js";

const root = document.querySelector("[data-unlock]");
const no = root.dataset.unlock;

/* One sentence where the box speaks; the form is ready again. */
function failed(box, error) {
	say(box.said, error.errors?.[0]?.text ?? error.message, "bad");
	box.ready(true);
}

function begin(form, act) {
	const box = new AssistantBox(form, "locked");

	box.look();
	form.addEventListener("submit", (e) => {
		e.preventDefault();
		box.ready(false);
		act(box, form).catch((error) => failed(box, error));
	});
}

async function read(box) {
	say(box.said, "正在读取UKey……");
	const asked = await box.assistant.unlockChallenge(box.key.key);
	const answer = await post(`/orders/${no}/steps/challenge`,
	    { ukey: asked.serial, challenge: asked.challenge });

	location.assign(answer.next);
}

/* The PIN is checked before the answer is asked for: that holds for minutes. */
function newPin(form) {
	const pin = form.querySelector("[data-new-pin]").value;

	if (pin.length < 6 || pin.length > 16 || new Set(pin).size === 1)
		throw new Error("新PIN码要6到16位，不能全是同一个字符。");
	if (pin !== form.querySelector("[data-new-pin-again]").value)
		throw new Error("两次输入的PIN码不一样，请重新输入。");
	return pin;
}

async function unlock(box, form) {
	const pin = newPin(form);

	say(box.said, "正在取得解锁授权……");
	const answer = await post(`/orders/${no}/unlock/answer`, {});

	if (box.key.serial !== answer.ukey)
		throw new Error(`请插入并选择UKey ${answer.ukey}，再点“解锁”。`);
	say(box.said, "正在解锁，请不要拔出UKey……");
	await box.assistant.unlockFinish(box.key.key, answer, pin);
	const done = await post(`/orders/${no}/unlock/done`, {});

	location.assign(done.next);
}

for (const form of root.querySelectorAll("[data-unlock-read]"))
	begin(form, read);
for (const form of root.querySelectorAll("[data-unlock-run]"))
	begin(form, unlock);
