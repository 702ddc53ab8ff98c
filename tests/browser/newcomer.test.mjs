/* Somebody who was never here: where it goes on is kept, shown, and fits the phone. */
import assert from "node:assert/strict";
import { signIn } from "./application.test.mjs";

/* The whole of these stands in the window's width. */
async function within(page, selector) {
	return page.locator(selector).evaluateAll((all) => all.length > 0 && all.every((e) => {
		const box = e.getBoundingClientRect();

		return box.width > 0 && box.left >= 0 && box.right <= innerWidth;
	}));
}

export const tests = [
	["newcomer: from the home page through registering to the application", async (world) => {
		const page = await world.page("phone");
		const tail = String(Math.floor(Math.random() * 1e8)).padStart(8, "0");
		const p = { mobile: `138${tail}`, mail: `n${tail}@mail.example`, password: `New-${tail}-x` };

		await page.goto("/");
		assert.ok(await within(page, ".bar-links a"), "the whole menu");
		await world.shot(page, "newcomer-home");
		await page.click('.quick a[href="/orders/new?product=org"]');
		await page.waitForURL(/signin\?next=/);
		await world.shot(page, "newcomer-signin");
		await page.click(".notice >> text=先注册");
		await page.waitForURL(/register\?next=/);
		await page.fill("#f-mobile", p.mobile);
		await page.fill("#f-mail", p.mail);
		await page.fill("#f-password", p.password);
		await page.fill("#f-password2", "another-1");
		await page.fill("#f-captcha", world.site.captcha);
		await page.click("[data-send-code]");
		await page.fill("#f-code", await world.smsCode(p.mobile, 0));
		await page.click("main button.button-main");
		await page.locator("#errors").waitFor();		/* mended: it still goes on there */
		await page.fill("#f-password", p.password);
		await page.fill("#f-password2", p.password);
		await page.fill("#f-code", await world.smsCode(p.mobile, 0));
		await page.click("main button.button-main");
		await page.waitForURL(/\/orders\/new\?product=org$/);
		assert.equal(await page.locator("[name=product]").count(), 1);
		await world.shot(page, "newcomer-new");
	}],
	["newcomer: on a phone what is long is folded, and a UKey wants a computer", async (world) => {
		const page = await world.page("phone");

		await signIn(page, world.site.people[2]);
		await page.goto("/user/orders");
		await page.click("table a >> nth=0");
		await page.waitForURL(/\/orders\/\d{20}$/);
		assert.equal(await page.locator("details[data-fold-phone]:not([open])").count(), 1);
		await page.click("details[data-fold-phone] summary");
		await page.locator("details[data-fold-phone] time").first().waitFor();
		await world.shot(page, "newcomer-order");
		await page.click(".to-side a");
		assert.ok(await page.locator("#side").evaluate((e) => e.getBoundingClientRect().top <
		    innerHeight));

		const phone = await world.page("phone");	/* a picture taken ends the touching */
		const desk = await world.page();

		await phone.goto("/signin#ukey");
		await phone.locator("#panel-ukey .touch-only", { hasText: "在电脑上" }).waitFor();
		await desk.goto("/signin#ukey");
		await desk.locator("#panel-ukey").waitFor();
		assert.ok(await desk.locator("#panel-ukey .touch-only").isHidden());
	}],
];
