/* On the phone: describe the device for the provider, follow the check, go on to its page. */
import { get, wait } from "./site.js";

const root = document.querySelector("[data-phone-identity]");
const begin = document.querySelector("[data-phone-begin]");
const here = `/m/identity/${root.dataset.phoneIdentity}`;

if (begin)
	begin.elements.meta_info.value = JSON.stringify({
		deviceType: "h5", ua: navigator.userAgent.slice(0, 300), language: navigator.language,
		screen: `${screen.width}x${screen.height}`,
	});

/* While it is checked: on to the provider's page once, then wait for the result. */
async function follow() {
	const went = sessionStorage.getItem(here);

	for (;;) {
		const model = await get(here).catch(() => null);

		if (model && model.state !== "pending") {
			location.reload();
			return;
		}
		if (model?.has_url && went !== model.provider_url) {
			sessionStorage.setItem(here, model.provider_url);
			location.assign(model.provider_url);
			return;
		}
		await wait(1500);
	}
}

if (root.dataset.state === "pending")
	follow();
