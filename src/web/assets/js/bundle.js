/* The sum of what is chosen, and one choice for all. */
const form = document.querySelector("[data-bundle]");
const selects = [...form.querySelectorAll("select[name^='y_']")];
const all = form.querySelector("[data-all]");

function add() {
	let fen = 0;
	let n = 0;

	for (const select of selects) {
		const price = select.selectedOptions[0]?.dataset.price;

		if (!price)
			continue;
		fen += Math.round(Number(price) * 100);
		n += 1;
	}
	form.querySelector("[data-count]").textContent = n;
	form.querySelector("[data-sum]").textContent = (fen / 100).toFixed(2);
	/* Only the questions that the chosen certificates ask. */
	for (const box of form.querySelectorAll("[data-question]"))
		box.hidden = !selects.some((s) => s.value !== "" &&
		    s.dataset.key === box.dataset.question);
	const questions = form.querySelector("[data-questions]");

	if (questions)
		questions.hidden = !questions.querySelector("[data-question]:not([hidden])");
}

for (const select of selects)
	select.addEventListener("change", add);
all.hidden = false;
all.querySelector("select").addEventListener("change", (e) => {
	for (const select of selects)
		if ([...select.options].some((o) => o.value === e.target.value))
			select.value = e.target.value;
	add();
});
add();
