/* On every page: mistakes take the focus, tabs, copy buttons, captchas, codes by SMS. */
import { post, say } from "./site.js";

document.documentElement.classList.add("has-script");
document.querySelector("#errors")?.focus();

/* A link in the list of mistakes leads into the field itself. */
for (const link of document.querySelectorAll("#errors a"))
	link.addEventListener("click", (e) => {
		const field = document.querySelector(CSS.escape ? `#${CSS.escape(
		    link.hash.slice(1))}` : link.hash);

		if (!field)
			return;
		e.preventDefault();
		field.scrollIntoView({ block: "center" });
		(field.matches("fieldset") ? field.querySelector("input") ?? field : field).focus();
	});

/* ---- tabs ---- */

function selectTab(list, tab) {
	for (const t of list.querySelectorAll("[role=tab]")) {
		const chosen = t === tab;

		t.setAttribute("aria-selected", String(chosen));
		t.tabIndex = chosen ? 0 : -1;
		document.getElementById(t.getAttribute("aria-controls")).hidden = !chosen;
	}
}

for (const list of document.querySelectorAll("[role=tablist]")) {
	const tabs = [...list.querySelectorAll("[role=tab]")];

	list.addEventListener("click", (e) => {
		const tab = e.target.closest("[role=tab]");

		if (tab)
			selectTab(list, tab);
	});
	list.addEventListener("keydown", (e) => {
		const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];

		if (!step)
			return;
		const at = tabs.indexOf(document.activeElement);
		const next = tabs[(at + step + tabs.length) % tabs.length];

		selectTab(list, next);
		next.focus();
	});
	selectTab(list, tabs.find((t) => t.dataset.hash === location.hash && location.hash) ??
	    tabs[0]);
}

/* ---- copy ---- */

document.addEventListener("click", async (e) => {
	const button = e.target.closest("[data-copy]");

	if (!button)
		return;
	const text = document.querySelector(button.dataset.copy).textContent.trim();

	try {
		await navigator.clipboard.writeText(text);
		button.textContent = "已复制";
	} catch {
		const range = document.createRange();

		range.selectNodeContents(document.querySelector(button.dataset.copy));
		getSelection().removeAllRanges();
		getSelection().addRange(range);
		button.textContent = "请按Ctrl+C复制";
	}
});

/* ---- captchas and codes ---- */

function redrawCaptcha(scope) {
	const image = scope.querySelector("[data-captcha]");
	const input = scope.querySelector("[name=captcha]");

	if (!image)
		return;
	image.src = `${image.src.split("?")[0]}?at=${Date.now()}`;
	if (input)
		input.value = "";
}

document.addEventListener("click", (e) => {
	const again = e.target.closest("[data-captcha-again], [data-captcha]");

	if (again)
		redrawCaptcha(again.closest("form"));
});
document.addEventListener("captcha-used", (e) => redrawCaptcha(e.target));

function countDown(button, seconds) {
	const label = "重新获取";

	button.disabled = true;
	const tick = () => {
		button.textContent = seconds > 0 ? `${seconds} 秒后可重新获取` : label;
		button.disabled = seconds > 0;
		seconds -= 1;
		if (seconds >= 0)
			setTimeout(tick, 1000);
	};
	tick();
}

async function sendCode(button) {
	const form = button.closest("form");
	const said = form.querySelector("[data-code-said]");

	button.disabled = true;
	say(said, "正在发送……");
	try {
		/* a page of its own when the number is known, not typed */
		const answer = await post(form.dataset.codePath ?? "/codes", {
			purpose: form.dataset.codePurpose ?? "",
			target: form.elements[form.dataset.codeTarget ?? ""]?.value ?? "",
			captcha_id: form.elements.captcha_id.value,
			captcha: form.elements.captcha.value,
		});

		said.className = "praise";
		say(said, answer.text);
		countDown(button, 60);
		form.elements.code.focus();
	} catch (error) {
		said.className = "mistake";
		say(said, error.errors[0]?.text ?? error.message);
		button.disabled = false;
		form.elements[error.errors[0]?.field ?? ""]?.focus?.();
	}
	redrawCaptcha(form);
}

for (const button of document.querySelectorAll("[data-send-code]"))
	button.addEventListener("click", () => sendCode(button));
