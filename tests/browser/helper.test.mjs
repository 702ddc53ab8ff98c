/* The certificate assistant's own page: keys, self-check, PIN, and which sites may use it. */
import assert from "node:assert/strict";

async function changePin(page, card, old, fresh) {
	await card.locator("text=修改 PIN 码").click();
	await page.fill("#pin-dialog [name=pin]", old);
	await page.fill("#pin-dialog [name=new_pin]", fresh);
	await page.fill("#pin-dialog [name=again]", fresh);
	await page.click("#pin-dialog .main");
}

/* Another site asks to be paired, as its page's script would. */
async function askToPair(world, origin) {
	const r = await fetch(`${world.site.assistant}/pair`, { method: "POST", body: "{}",
		headers: { "Content-Type": "application/json", Origin: origin } });

	return r.json();
}

async function mayList(world, origin) {
	return (await fetch(`${world.site.assistant}/keys`, { headers: { Origin: origin } })).status;
}

export const tests = [
	["assistant: two keys are told, one is shown, its PIN changed, a wrong one counted", async (world) => {
		const page = await world.page();

		world.plug("spare", "other");
		await page.goto(world.site.assistant);
		await page.locator("#checks >> text=检测到 2 支 UKey").waitFor();
		world.plug("other");
		await page.click("#again");
		await page.locator("#checks >> text=PIN 码还可试 9 次").waitFor();
		await page.locator("#checks >> text=与服务器一致").waitFor();
		assert.equal(await page.locator("#keys .key").count(), 1);
		const card = page.locator("#keys .key");

		await changePin(page, card, "000000", "Other-97531");
		await page.locator("#pin-error >> text=PIN 码不对").waitFor();
		await page.click("#pin-cancel");
		await page.click("#again");
		await page.locator("#checks >> text=PIN 码还可试 8 次").waitFor();
		await changePin(page, card, world.site.blankPin, "Other-97531");
		await page.locator("#checks >> text=PIN 码还可试 9 次").waitFor();
		await world.shot(page, "assistant");
		await changePin(page, card, "Other-97531", world.site.blankPin);
		await page.locator("#pin-dialog:not([open])").waitFor({ state: "attached" });
		world.plug("none");
		await page.click("#again");
		await page.locator("#checks >> text=没有检测到 UKey").waitFor();
	}],
	["assistant: a site is paired only where the user sees and allows it", async (world) => {
		const page = await world.page(), origin = "https://other.example";

		assert.equal(await mayList(world, origin), 403);
		const { code } = await askToPair(world, origin);

		await page.goto(world.site.assistant);
		await page.locator(`#pairing >> text=${code}`).waitFor();
		assert.match(await page.textContent("#pairing"), /other\.example/);
		await page.click("#pairing >> text=拒绝");
		await page.locator("#pairing").waitFor({ state: "hidden" });
		assert.equal(await mayList(world, origin), 403);
		await askToPair(world, origin);
		await page.click("#pairing >> text=允许");
		const row = page.locator("#sites li", { hasText: origin });

		await row.waitFor();
		assert.equal(await mayList(world, origin), 200);
		await row.locator("button").click();
		await row.waitFor({ state: "detached" });
		assert.equal(await mayList(world, origin), 403);
	}],
];
