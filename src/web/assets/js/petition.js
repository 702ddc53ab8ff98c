/* Evidence of a petition: a chosen picture goes up at once. */
import { shrink } from "./picture.js";
import { show, upload } from "./site.js";

for (const form of document.querySelectorAll("[data-upload]"))
	form.elements.file.addEventListener("change", async () => {
		const note = form.parentElement.querySelector("[data-mistake]");
		const label = form.querySelector("label");

		label.textContent = "正在上传……";
		try {
			await upload(new URL(form.action).pathname,
			    await shrink(form.elements.file.files[0]), {}, () => {});
			location.reload();
		} catch (error) {
			note.textContent = error.message;
			show(note);
			label.textContent = "重新选择";
		}
	});
