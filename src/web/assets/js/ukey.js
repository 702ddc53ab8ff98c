/* Signing in with a UKey: a challenge from the site, signed in the key. */
import { post, say } from "./site.js";
import { AssistantBox } from "./assistant.js";

async function signIn(form, box) {
	if (box.pin === "") {
		box.failed(new Error(`请输入${box.words(box.key).pin}。`));
		return;
	}
	box.ready(false);
	say(box.said, "正在登录……");
	try {
		const challenge = await post(form.dataset.challenge, {});
		const signed = await box.assistant.sign(box.key.key, box.certificate.serial,
		    challenge.text, box.pin);
		const answer = await post(form.dataset.post, { id: challenge.id,
		    certificate: signed.certificate, signature: signed.signature,
		    next: form.elements.next.value });

		say(box.said, "登录成功。", "good");
		location.assign(answer.next);
	} catch (error) {
		box.failed(error);
	}
}

for (const form of document.querySelectorAll("[data-ukey-signin]")) {
	const box = new AssistantBox(form, "certificate");
	const panel = form.closest("[role=tabpanel]");
	let looked = false;
	const lookOnce = () => {
		if (looked || (panel && panel.hidden))
			return;
		looked = true;
		box.look();
	};

	form.addEventListener("submit", (e) => {
		e.preventDefault();
		signIn(form, box);
	});
	if (panel)
		new MutationObserver(lookOnce).observe(panel, { attributeFilter: ["hidden"] });
	lookOnce();
}
