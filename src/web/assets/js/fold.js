/* Folded sections: a link to what is inside one opens it, and paper shows them all; what is long
 * is folded on a phone. */
for (const fold of document.querySelectorAll("[data-fold-phone]"))
	fold.open = !matchMedia("(max-width: 640px)").matches;

function openTarget() {
	const target = location.hash && document.getElementById(location.hash.slice(1));
	const fold = target && target.closest("details");

	if (fold && !fold.open) {
		fold.open = true;
		target.scrollIntoView();
	}
}

addEventListener("hashchange", openTarget);
openTarget();

/* The same link once more changes no hash. */
document.addEventListener("click", (e) => {
	const link = e.target.closest("a[href^='#']");

	if (link && link.hash === location.hash)
		openTarget();
});

let opened = [];

addEventListener("beforeprint", () => {
	opened = [...document.querySelectorAll("details:not([open])")];
	for (const fold of opened)
		fold.open = true;
});
addEventListener("afterprint", () => {
	for (const fold of opened)
		fold.open = false;
	opened = [];
});
