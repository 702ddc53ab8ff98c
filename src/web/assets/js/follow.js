/* The PC page follows what happens on the phone: identity check and payment. */
import { drawQr, get, post, say, wait } from "./site.js";

const POLL = 1500;

function putQr(box, qr) {
	box.querySelector(".qr")?.remove();
	if (qr)
		box.prepend(drawQr(qr));
}

/* ---- identity ---- */

async function followIdentity(card) {
	const no = card.dataset.identity;
	const said = card.querySelector("[data-said]");
	const box = card.querySelector("[data-qr-box]");

	for (;;) {
		const session = await get(`/orders/${no}/identity`).catch((error) => {
			say(said, error.message);
			return null;
		});

		if (session) {
			say(said, session.reason ? `${session.state_text}：${session.reason}` :
			    session.state_text);
			if (session.state === "pending" || session.over)
				putQr(box, null);
			if (session.passed) {
				document.querySelector("[data-identity-next]").requestSubmit();
				return;
			}
			if (session.over) {
				location.reload();
				return;
			}
		}
		await wait(POLL);
	}
}

const identity = document.querySelector("[data-identity]");
if (identity && ["created", "opened", "pending"].includes(identity.dataset.state))
	followIdentity(identity);
identity?.querySelector("[data-identity-start]")?.addEventListener("submit", async (e) => {
	e.preventDefault();
	try {
		await post(e.target.action, {});
		location.reload();
	} catch (error) {
		say(identity.querySelector("[data-said]"), error.message);
	}
});

/* ---- payment ---- */

let following = false;

async function followPayment(card) {
	const base = card.dataset.base;
	const said = card.querySelector("[data-said]");
	const box = card.querySelector("[data-qr-box]");
	let shown = box.querySelector("[data-qr]")?.getAttribute("d") ?? "";

	if (following)
		return;
	following = true;
	for (;;) {
		const state = await get(`${base}/payment`).catch(() => null);

		if (state?.paid) {
			say(said, "支付成功，正在进入下一步……");
			location.assign(state.next ? `${base}/steps/${state.next}` : base);
			return;
		}
		if (state?.has_trade) {
			const t = state.trade;

			if ((state.qr?.path ?? "") !== shown) {
				shown = state.qr?.path ?? "";
				putQr(box, state.qr);
			}
			say(said, t.page_url ? `登录支付宝账户支付 ¥${t.amount}，支付后回到本页` :
			    state.qr ? `请用${t.channel_text}扫码支付 ¥${t.amount}` :
			    `${t.channel_text}：${t.state_text}${t.reason ? `，${t.reason}` : ""}`);
		}
		await wait(POLL);
	}
}

/* The provider gives the code, or the address of its own page, a moment later; then the browser goes
 * there, or the page shows the code with all that belongs. */
async function followCreated(card, answer, page) {
	const base = card.dataset.base;
	const ready = () => (page ? answer.trade?.page_url : answer.qr);

	for (let tries = 0; tries < 20 && !ready() && !answer.paid; tries += 1) {
		await wait(500);
		answer = await get(`${base}/payment`);
	}
	if (page && ready() && !answer.paid)
		location.assign(ready());
	else
		location.reload();
}

const payment = document.querySelector("[data-payment]");
for (const form of payment?.querySelectorAll("[data-pay]") ?? [])
	form.addEventListener("submit", async (e) => {
		const said = payment.querySelector("[data-said]");

		e.preventDefault();
		const channel = form.elements.channel.value;
		const page = channel.endsWith("_page");

		say(said, page ? "正在打开支付宝……" : "正在生成二维码……");
		try {
			const answer = await post(form.action, { channel });

			await followCreated(payment, answer, page);
		} catch (error) {
			say(said, error.message);
		}
	});
if (payment?.querySelector(".qr, .amount"))
	followPayment(payment);
