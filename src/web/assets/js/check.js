/* The help page: is the assistant there, and what does its self-check say? */
import { AssistantBox } from "./assistant.js";
import { say } from "./site.js";

const scope = document.querySelector("[data-assistant-check]");
const list = scope.querySelector("[data-checks]");
const box = new AssistantBox(scope, "any");

function line(check) {
	const item = document.createElement("li");
	const mark = document.createElement("span");

	mark.className = "tag";
	mark.dataset.state = check.ok ? "good" : "failed";
	mark.textContent = check.ok ? "正常" : "请处理";
	item.append(mark, ` ${check.name}：${check.text}`);
	return item;
}

box.onchange = async () => {
	box.part("key", false);
	try {
		const { checks } = await box.assistant.check();

		list.replaceChildren(...checks.map(line));
		say(box.said, checks.every((c) => c.ok) ? "证书助手、UKey和软证书一切正常。" :
		    "发现需要处理的问题，见下。", checks.every((c) => c.ok) ? "good" : "bad");
	} catch (error) {
		say(box.said, error.message, "bad");
	}
};
box.look();
