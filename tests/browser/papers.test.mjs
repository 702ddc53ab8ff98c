/* What one keeps and asks for: certificate files, invoices, the status without signing in. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { certificate, signIn } from "./application.test.mjs";

/* As wide as the phone and no wider. */
async function fits(page) {
	return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
}

/* The newest order of this person that is done. */
async function doneOrder(page) {
	await page.goto("/user/orders?state=done&pay=paid&op=new");
	return (await page.locator("table .number").first().textContent()).trim();
}

export const tests = [
	["a certificate's page: folded by keyboard, all on paper, its files to keep", async (world) => {
		const p = world.site.people[2], page = await world.page();

		await certificate(page, p);
		const serial = new URL(page.url()).pathname.split("/").pop();
		const fold = page.locator("details", { hasText: "下载证书文件" });

		assert.equal(await page.locator("details[open]").count(), 0);
		await fold.locator("summary").focus();
		await page.keyboard.press("Enter");
		await fold.locator("#files").waitFor();
		for (const [name, begins] of [["sign.pem", "-----BEGIN CERTIFICATE"], ["sign.cer", "\x30\x82"],
			["enc.pem", "-----BEGIN CERTIFICATE"], ["enc.cer", "\x30\x82"], ["chain.p7b", "\x30\x82"]]) {
			const [file] = await Promise.all([page.waitForEvent("download"),
				page.click(`#files a[href$="${name}"]`)]);

			assert.equal(file.suggestedFilename(), `${serial}-${name}`);
			assert.equal((await readFile(await file.path(), "latin1")).slice(0, begins.length), begins);
		}
		await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
		assert.equal(await page.locator("details:not([open])").count(), 0);
		assert.equal(await page.locator("#chain li[data-state=good]").count(), 3);
		assert.match(await page.textContent("#acts"), /签发/);
		await world.shot(page, "certificate-open");
		await page.evaluate(() => dispatchEvent(new Event("afterprint")));
		assert.equal(await page.locator("details[open]").count(), 1);
		await page.setViewportSize({ width: 375, height: 760 });
		await page.reload();
		await world.shot(page, "phone-certificate");
		assert.ok(await fits(page));
	}],
	["an invoice: asked for on the order's page, seen there, downloaded", async (world) => {
		const p = world.site.people[2], page = await world.page();

		await signIn(page, p);
		const order = await doneOrder(page);

		await page.goto(`/orders/${order}`);
		await page.click("text=申请开票");
		assert.ok(await page.isChecked(`[name=order_${order}]`));
		if (await page.locator("#f-tax_no").count())
			await page.fill("#f-tax_no", "91350100M000100Y43");
		await page.fill("#f-mail", p.mail);
		await world.shot(page, "invoice-new");
		await page.click("text=提交开票申请");
		await page.waitForURL(/\/invoices\/F\d{20}/);
		await world.poll("the file", async () => {
			await page.reload();
			return await page.locator("a[href*='/file?download=1']").count() > 0;
		});
		const number = (await page.textContent("main")).match(/\d{20}(?=\D)/)[0];
		const [file] = await Promise.all([page.waitForEvent("download"),
			page.click("a[href*='/file?download=1']")]);

		assert.match(file.suggestedFilename(), /\.pdf$/);
		assert.equal((await readFile(await file.path(), "latin1")).slice(0, 5), "%PDF-");
		await page.goto(`/orders/${order}`);
		await page.locator("text=下载PDF").waitFor();
		await world.shot(page, "order-papers");
		assert.ok((await page.textContent("main")).includes(number));
		await page.setViewportSize({ width: 375, height: 760 });
		await page.reload();
		await world.shot(page, "phone-order-papers");
		assert.ok(await fits(page));
	}],
	["the status without signing in, and from there into the order", async (world) => {
		const p = world.site.people[2], known = await world.page(), page = await world.page("phone");

		await signIn(known, p);
		const order = await doneOrder(known), seen = (await world.sms(p.mobile)).length;

		await page.goto("/status");
		await page.fill("#f-no", order);
		await page.fill("#f-mobile", p.mobile);
		await page.fill("#f-captcha", world.site.captcha);
		await page.click("[data-send-code]");
		await page.fill("#f-code", await world.smsCode(p.mobile, seen));
		await page.click("main >> text=查询 >> nth=-1");
		await page.locator("text=办理记录").first().waitFor();
		await world.shot(page, "phone-status");
		assert.ok(await fits(page));
		assert.ok(!(await page.textContent("main")).includes(p.name));
		await page.setViewportSize({ width: 1280, height: 900 });
		await world.shot(page, "status");
		await page.click("text=登录查看详情 >> nth=0");
		await page.waitForURL(new RegExp(`/orders/${order}`));
		assert.ok((await page.textContent("main")).includes(p.name));
		assert.deepEqual(world.trouble, []);
	}],
];
