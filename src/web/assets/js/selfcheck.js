/* 加解密自检: documents encrypted for the pairs of a UKey, opened in it and compared. */
import { post, say } from "./site.js";
import { AssistantBox } from "./assistant.js";

async function checkOne(box, list, one) {
	const line = document.createElement("li");
	let plain = "";

	line.textContent = `${one.title}：正在打开……`;
	list.append(line);
	try {
		plain = atob((await box.assistant.open(box.key.key, one.document, box.pin)).plain);
	} catch (error) {
		if (error.answer?.tries_left >= 0)
			throw error;		/* the PIN, not the key */
		line.textContent = `${one.title}：没有打开（${error.message}）`;
		return false;
	}
	line.textContent = plain === one.text ? `${one.title}：加密、解密正常` :
	    `${one.title}：打开的内容不对`;
	return plain === one.text;
}

/* path: where the documents come from; fields: of that post. */
export function selfcheck(form, path, fields = () => ({}), holds = "") {
	const box = new AssistantBox(form, "certificate");
	const list = form.querySelector("[data-selfcheck-said]");

	async function run() {
		let good = true;

		if (box.pin === "")
			throw new Error(`请输入${box.words(box.key).pin}。`);
		list.replaceChildren();
		const { checks } = await post(path, fields());

		await box.assistant.verifyPin(box.key.key, box.pin);
		for (const one of checks)
			good = await checkOne(box, list, one) && good;
		say(box.said, good ? "自检通过：加密密钥可以正常使用。" :
		    `自检没有通过：请换成这张证书所在的${box.words(box.key).key}再试；仍不行的，请联系客服。`, good ? "good" : "bad");
		box.ready(true);
	}

	form.addEventListener("submit", (e) => {
		e.preventDefault();
		box.ready(false);
		say(box.said, "正在自检……");
		run().catch((error) => box.failed(error));
	});
	box.holds = holds;
	box.look();
}

for (const form of document.querySelectorAll("[data-certificate] [data-selfcheck]")) {
	const serial = form.closest("[data-certificate]").dataset.certificate;

	selfcheck(form, `/certificates/${serial}/selfcheck`, undefined, serial);
}
