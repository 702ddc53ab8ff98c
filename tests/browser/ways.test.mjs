/* On the platform's hall: who the subject is, proved by a way of the hall. */
import assert from "node:assert/strict";
import { approve, confirmAndUpload, fetchPair, fillIn, officer, pay, register } from "./application.test.mjs";

export const hall = "platform";

/* The cards are links, the chosen one's form stands below. */
async function choose(page, title, fields) {
	await page.click(`.way >> text=${title}`);
	await page.waitForURL(/way=/);
	for (const [name, value] of Object.entries(fields))
		await page.fill(`#way [name=${name}]`, value);
	await page.click("text=开始认证");
}

export const tests = [
	["a person by phone: what differs is said, the right number is proved by its code", async (world) => {
		const p = world.site.person, page = await world.page();

		await register(world, page, p);
		const order = await fillIn(page, p);

		await confirmAndUpload(world, page, p, "download");
		await page.waitForURL(/steps\/proof/);
		assert.equal(await page.locator(".way").count(), 4);
		await world.shot(page, "ways");
		await choose(page, "手机实名认证", { phone: world.site.stranger });
		await page.locator(".notice-bad", { hasText: "手机号" }).waitFor();
		await world.shot(page, "way-failed");
		const seen = (await world.sms(p.mobile)).length;

		await choose(page, "手机实名认证", { phone: p.mobile });
		await page.locator("#f-code").waitFor();
		await page.fill("#f-code", await world.smsCode(p.mobile, seen));
		await world.shot(page, "way-code");
		await page.click("text=提交 >> nth=-1");
		await page.locator("text=身份认证已通过").or(page.locator("[data-qr-box], h1:has-text('缴费')")).first().waitFor();
		await page.goto(`/orders/${order}/continue`);
		await page.waitForURL(/steps\/payment/);
		await pay(world, page, "alipay", order);
		await page.locator("text=缴费完成").first().waitFor();
		await approve(world, await officer(world), order);
		await fetchPair(world, page, { ...p, kind: "way" }, order);
		await page.goto(`/orders/${order}`);
		await page.locator("main", { hasText: "已完成" }).waitFor();
		assert.deepEqual(world.trouble, []);
	}],
];
