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
	step(95, "正在登记……");
	await post(`/staff/making/${no}/made`, {});
	step(100, "制证完成。");
	location.reload();
}

for (const article of document.querySelectorAll("[data-make]")) {
	const form = article.querySelector("[data-make-run]");

	if (!form)
		continue;
	form.querySelector("[data-make-assistant]").append(
	    document.querySelector("[data-assistant-template]").content.cloneNode(true));
	const box = new AssistantBox(form, "blank");

	box.look();
	form.addEventListener("submit", (e) => {
		e.preventDefault();
		if (box.pin === "") {
			box.failed(new Error("请输入PIN码。"));
			return;
		}
		box.ready(false);
		make(form, article.dataset.make, box).catch((error) => box.failed(error));
	});
}
