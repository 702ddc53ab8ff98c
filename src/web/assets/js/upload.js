/*
 * Materials: chosen or dropped pictures go up at once, with progress; large photos are made
 * smaller first, since what is kept is small anyway.
 */
import { shrink } from "./picture.js";
import { post, show, upload } from "./site.js";

const MOST = 20 * 1024 * 1024;

function tell(article, text) {
	const note = article.querySelector("[data-mistake]");

	note.textContent = text;
	show(note, text !== "");
}

/* The row after a picture arrived. */
function fill(article, m) {
	const picture = article.querySelector("[data-picture]");
	const base = `/orders/${article.dataset.order}/materials/${article.dataset.material}`;
	const image = new Image();

	image.src = `${base}?thumb=1&v=${m.id}`;
	image.alt = `${m.title}的图片，点开看大图`;
	picture.href = base;
	picture.target = "_blank";
	picture.replaceChildren(image);
	article.querySelector("[data-facts]").textContent =
	    `${m.time}　${m.width}×${m.height}　${m.size_text}`;
	article.querySelector("[data-upload] label").textContent = "重新上传";
	if (!article.querySelector("[data-has]")) {
		const tag = document.createElement("span");

		tag.className = "tag";
		tag.dataset.has = "";
		tag.dataset.state = "done";
		tag.textContent = "已提交";
		article.querySelector("h3").append(" ", tag);
	}
	if (!article.querySelector("[data-delete]"))
		article.querySelector(".material-line").append(deleteForm(base));
	offerSame();
}

function deleteForm(base) {
	const form = document.createElement("form");
	const csrf = document.createElement("input");
	const button = document.createElement("button");

	form.method = "post";
	form.action = `${base}/delete`;
	form.dataset.delete = "";
	csrf.type = "hidden";
	csrf.name = "csrf";
	csrf.value = document.body.dataset.csrf;
	button.className = "button button-small button-bad";
	button.textContent = "删除";
	form.append(csrf, button);
	return form;
}

async function send(article, file) {
	const bar = article.querySelector("progress");
	const path = `/orders/${article.dataset.order}/materials/${article.dataset.material}`;

	tell(article, "");
	bar.value = 0;
	show(bar);
	article.setAttribute("aria-busy", "true");
	try {
		const small = await shrink(file);

		if (small.size > MOST)
			throw new Error(`图片有${Math.ceil(small.size / 1048576)}MB，太大了。` +
			    "请降低扫描分辨率，或存成JPG格式后再上传。");
		const answer = await upload(path, small, {},
		    (percent) => { bar.value = percent; });

		fill(article, answer.material);
		const next = [...document.querySelectorAll("[data-material]")].find((a) =>
		    !a.querySelector("[data-has]") && a.querySelector(".must"));

		next?.scrollIntoView({ block: "nearest", behavior: "smooth" });
	} catch (error) {
		tell(article, error.message);
	}
	article.removeAttribute("aria-busy");
	show(bar, false);
}

/* Pictures already there may serve for another kind too. */
function offerSame() {
	const all = [...document.querySelectorAll("[data-material]")];
	const have = all.filter((a) => a.querySelector("[data-has]"));

	for (const article of all) {
		const form = article.querySelector("[data-same]");

		if (!form)
			continue;
		const others = have.filter((a) => a !== article);

		form.elements.as.replaceChildren(new Option("与其他材料同图", ""),
		    ...others.map((a) => new Option(`与“${a.querySelector("h3").firstChild.textContent
		        .trim()}”同图`, a.dataset.material)));
		show(form, others.length > 0);
	}
}

for (const article of document.querySelectorAll("[data-material]")) {
	const form = article.querySelector("[data-upload]");

	if (!form)
		continue;
	form.elements.file.addEventListener("change", () => {
		if (form.elements.file.files.length > 0)
			send(article, form.elements.file.files[0]);
		form.elements.file.value = "";
	});
	article.addEventListener("dragover", (e) => {
		e.preventDefault();
		article.classList.add("is-drop");
	});
	article.addEventListener("dragleave", () => article.classList.remove("is-drop"));
	article.addEventListener("drop", (e) => {
		e.preventDefault();
		article.classList.remove("is-drop");
		if (e.dataTransfer.files.length > 0)
			send(article, e.dataTransfer.files[0]);
	});
	article.querySelector("[data-same]").elements.as.addEventListener("change", async (e) => {
		try {
			const answer = await post(article.querySelector("[data-same]").action,
			    { as: e.target.value });

			fill(article, answer.material);
			tell(article, "");
		} catch (error) {
			tell(article, error.message);
		}
	});
}
offerSame();
