/* A soft certificate in a browser: applied for, its key made on this computer, used, exported. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { apply, approve, officer, register } from "./application.test.mjs";

const PASS = "correct horse 7", EXPORT = "battery staple 8";

async function openFetch(world, page, p, order) {
	await page.goto(`/fetch?no=${order}`);
	await page.fill("#f-code", await world.authorisation(p.mail, order));
	await page.fill("#f-captcha", world.site.captcha);
	await page.click("[data-fetch-form] button.button-main");
	await page.locator("[data-fetch-passphrase]:not(.hide)").waitFor();
}

/* Passphrases that do not do, then one that does. */
async function fetchSoft(world, page, p, order) {
	const said = page.locator("[data-fetch-soft] [data-assistant-said]");
	const go = "[data-fetch-soft] [data-assistant-go]";

	await openFetch(world, page, p, order);
	await world.shot(page, "soft-fetch");
	await page.click("[data-fetch-ways] [value=request]");
	await page.locator("[data-fetch-request]:not(.hide)").waitFor();
	await page.fill("#f-csr", "hello");
	await page.click("[data-fetch-request] button");
	await page.locator("[data-fetch-request-said]", { hasText: "证书请求" }).waitFor();
	await world.shot(page, "soft-request");
	await page.click("[data-fetch-ways] [value=assistant]");
	await page.locator("[data-fetch-passphrase]:not(.hide)").waitFor();
	await page.fill("#f-passphrase", PASS);
	await page.fill("#f-passphrase2", EXPORT);
	await page.click(go);
	await said.filter({ hasText: "不一样" }).waitFor();
	await page.fill("#f-passphrase", "12345678");
	await page.fill("#f-passphrase2", "12345678");
	await page.click(go);
	await said.filter({ hasText: "太简单" }).waitFor();
	await page.fill("#f-passphrase", PASS);
	await page.fill("#f-passphrase2", PASS);
	await page.click(go);
	await page.locator("[data-fetch-finished]:not(.hide)").waitFor();
	await page.locator("[data-fetch-ended=soft]", { hasText: "软证书文件" }).waitFor();
	await world.shot(page, "soft-done");
}

async function signIn(world, page, order) {
	await page.goto("/signin#ukey");
	await page.locator("#panel-ukey [data-assistant-key]:not(.hide)").waitFor();
	await page.selectOption("#panel-ukey [data-assistant-select]", `soft:${order}`);
	await page.locator("#panel-ukey [data-assistant-said]", { hasText: "请" }).waitFor();
	assert.equal(await page.textContent("#panel-ukey [data-assistant-pin-word]"), "口令");
	await page.fill("#panel-ukey [data-assistant-pin]", "wrong horse 7");
	await world.shot(page, "soft-signin");
	await page.click("#panel-ukey [data-assistant-go]");
	await page.locator("#panel-ukey [data-assistant-said]", { hasText: "口令不对" }).waitFor();
	await page.fill("#panel-ukey [data-assistant-pin]", PASS);
	await page.click("#panel-ukey [data-assistant-go]");
	await page.waitForURL(/\/user/);
}

/* The assistant's own page shows the file and exports it; openssl opens what came. */
async function exportFile(world, page) {
	await page.goto(world.site.assistant);
	await page.locator("#soft .key").first().waitFor();
	await world.shot(page, "soft-assistant");
	await page.click("#soft >> text=导出 PKCS#12 >> nth=0");
	await page.fill("#export-dialog [name=pin]", PASS);
	await page.fill("#export-dialog [name=password]", EXPORT);
	await page.fill("#export-dialog [name=again]", EXPORT);
	await world.shot(page, "soft-export");
	const coming = page.waitForEvent("download");

	await page.click("#export-dialog .main");
	const file = `${world.site.shots}/export.p12`;

	await (await coming).saveAs(file);
	const text = execFileSync("openssl", ["pkcs12", "-in", file, "-passin", `pass:${EXPORT}`,
	    "-nodes"]).toString();

	assert.match(text, /BEGIN PRIVATE KEY[\s\S]*BEGIN CERTIFICATE|BEGIN CERTIFICATE[\s\S]*BEGIN PRIVATE KEY/);
	writeFileSync(file, "");
}

export const tests = [
	["a soft certificate, its key made on this computer", async (world) => {
		const p = world.site.people.find((one) => one.kind === "person-soft");
		const page = await world.page();

		await register(world, page, p);
		const order = await apply(world, page, p, "alipay");

		await approve(world, await officer(world), order);
		await page.goto("/user");
		await page.click(".counters >> text=可下载软证书");
		await page.locator("tr", { hasText: order }).waitFor();
		await world.shot(page, "soft-counters");
		await fetchSoft(world, page, p, order);
		const fresh = await world.page();

		await signIn(world, fresh, order);
		await fresh.goto("/user/certificates");
		await fresh.click("table >> text=查看 >> nth=0");
		await fresh.click("summary:has-text('忘记软证书的口令')");
		await fresh.locator("#passphrase", { hasText: "不能解锁" }).waitFor();
		await fresh.locator("main", { hasText: "由您设置的口令保护" }).waitFor();
		await world.shot(fresh, "soft-certificate");
		await exportFile(world, await world.page());
		const phone = await world.page("phone");

		await openFetchOf(world, phone);
		assert.deepEqual(world.trouble, []);
	}],
];

/* On a phone: nothing runs off the side. */
async function openFetchOf(world, phone) {
	for (const path of ["/help/soft", "/products/person-soft", "/fetch"]) {
		await phone.goto(path);
		await world.shot(phone, `soft-phone${path.replaceAll("/", "-")}`);
		assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), path);
	}
}
