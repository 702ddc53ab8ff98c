/* The page follows what becomes of a proof: the provider's answer, the transfer. */
import { get, wait } from "./site.js";

const POLL = 1500;
const SLOW = 10000;		/* a bank takes its time */

async function follow(card) {
	const no = card.dataset.proof;
	const remittance = card.dataset.remittance;
	const settled = ["paid", "failed", "returned"].includes(remittance);

	if (card.dataset.state !== "asking" && (remittance === undefined || settled))
		return;
	for (let n = 0; ; n += 1) {
		await wait(n < 40 ? POLL : SLOW);
		const state = await get(`/orders/${no}/proof`).catch(() => null);

		if (state === null || document.hidden)
			continue;
		if (state.done)
			location.assign(`/orders/${no}/continue`);
		else if (state.proof?.state !== card.dataset.state ||
		    state.proof?.remittance?.state !== remittance)
			location.assign(`/orders/${no}/steps/proof`);
		else
			continue;
		return;
	}
}

const card = document.querySelector("[data-proof]");
if (card)
	follow(card);
