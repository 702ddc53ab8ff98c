/* Pictures beside the facts: one is looked at, zoomed. */
const viewer = document.querySelector("[data-viewer]");

function view(link) {
	const image = new Image();

	image.src = link.href;
	image.alt = link.textContent.trim();
	viewer.replaceChildren(image);
	for (const a of document.querySelectorAll("[data-view]"))
		a.removeAttribute("aria-current");
	link.setAttribute("aria-current", "true");
}

for (const link of document.querySelectorAll("[data-view]"))
	link.addEventListener("click", (e) => {
		e.preventDefault();
		view(link);
	});
for (const button of document.querySelectorAll("[data-zoom-to]"))
	button.addEventListener("click", () => { viewer.dataset.zoom = button.dataset.zoomTo; });
viewer?.addEventListener("dblclick", () => {
	viewer.dataset.zoom = viewer.dataset.zoom === "1" ? "2" : "1";
});
const first = document.querySelector("[data-view]");
if (first)
	view(first);
