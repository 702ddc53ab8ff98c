/* The application form while it is filled in: cities, price and end date, user name, address. */
import { get, show } from "./site.js";

/* ---- province and city ---- */

async function linkRegions(form) {
	const province = form.elements.province;
	const city = form.elements.city;
	const regions = await get("/regions").catch(() => null);

	if (!regions)
		return;
	const fill = () => {
		const kept = city.value || city.dataset.value;
		const cities = regions.provinces.find((p) => p.name === province.value)?.cities ?? [];

		city.replaceChildren(new Option("请选择", ""), ...cities.map((c) => new Option(c, c)));
		city.value = cities.includes(kept) ? kept : "";
	};
	province.addEventListener("change", fill);
	fill();
}

for (const form of document.querySelectorAll("form"))
	if (form.elements.province && form.elements.city)
		linkRegions(form);

/* ---- price and end date of the chosen years, with the seal or without ---- */

function followYears(form) {
	const table = form.querySelector("[data-price]");
	const said = form.querySelector("[data-price-said]");
	const update = () => {
		const years = form.elements.years.value;
		const seal = ["yes", "signature"].includes(form.elements.seal?.value);

		for (const row of table.tBodies[0].rows) {
			const chosen = row.dataset.years === years;

			row.toggleAttribute("data-chosen", chosen);
			if (chosen)
				said.textContent = `${years}年，总价 ¥${seal ? row.dataset.withSeal +
				    "（含电子印章）" : row.dataset.total}，今天办理的到期时间是 ${row.dataset.ends}。`;
		}
	};

	for (const radio of form.querySelectorAll("[name=years], [name=seal]"))
		radio.addEventListener("change", update);
	update();
}

/* ---- is the user name free? ---- */

function mark(field, ok, text) {
	let note = field.querySelector("[data-live]");

	if (!note) {
		note = document.createElement("p");
		note.dataset.live = "";
		note.setAttribute("role", "status");
		field.append(note);
	}
	field.querySelector(".mistake:not([data-live])")?.remove();
	field.classList.toggle("is-bad", !ok);
	note.className = ok ? "praise" : "mistake";
	note.textContent = text;
}

function watchUserName(form) {
	const input = form.elements.user_name;
	const first = input.value;
	let timer = 0;

	input.addEventListener("input", () => {
		clearTimeout(timer);
		if (input.value === "" || input.value === first)
			return;
		timer = setTimeout(async () => {
			const asked = input.value;
			const answer = await get(`/check/user-name?u=${encodeURIComponent(asked)}`)
			    .catch(() => null);

			if (answer && asked === input.value)
				mark(input.closest("[data-field]"), answer.free, answer.text);
		}, 400);
	});
}

const form = document.querySelector("[data-application]");
if (form) {
	if (form.querySelector("[data-price]"))
		followYears(form);
	if (form.elements.user_name)
		watchUserName(form);
}

/* ---- an address only where something is sent ---- */

for (const ways of document.querySelectorAll("[data-ways]")) {
	const address = ways.querySelector("[data-address-fields]");
	const update = () => {
		const chosen = ways.querySelector("[name=way]:checked");

		show(address, chosen?.dataset.address === "true");
	};

	for (const radio of ways.querySelectorAll("[name=way]"))
		radio.addEventListener("change", update);
	update();
}
