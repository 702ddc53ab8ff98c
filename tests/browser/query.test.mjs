/* Without signing in, and about the account: after the applications are done. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { enter, signIn } from "./application.test.mjs";

const PAPERS = new URL("../fuzz/corpus/pdf", import.meta.url).pathname;

async function askCode(world, page, mobile) {
	const seen = (await world.sms(mobile)).length;

	await page.fill("#f-captcha", world.site.captcha);
	await page.click("[data-send-code]");
	await page.fill("#f-code", await world.smsCode(mobile, seen));
}

export const tests = [
	["asked without signing in: all orders of a unit by its number and the agent's phone", async (world) => {
		const p = world.site.people[0], page = await world.page("phone");

		await page.goto("/status");
		await page.fill("#f-no", p.form.org_id_no);
		await page.fill("#f-mobile", p.mobile);
		await askCode(world, page, p.mobile);
		await page.click("text=查询 >> nth=-1");
		await page.locator("h1", { hasText: "查询结果" }).waitFor();
		await world.shot(page, "phone-status");
		const text = await page.textContent("main");

		assert.match(text, /补办[\s\S]*制作/);
		assert.ok(!text.includes(p.name), "the agent's name stands there");
	}],
	["reminded: the link of the SMS says which certificate, and leads to its renewal", async (world) => {
		const p = world.site.people[3], page = await world.page("phone");
		const found = JSON.stringify(await world.sms(p.mobile)).match(/https:[^" ]*\/renewal\/[0-9A-Za-z-]+/);

		await page.goto(found[0]);
		await page.locator("h1", { hasText: "证书即将到期" }).waitFor();
		await world.shot(page, "phone-renewal");
		assert.ok(!(await page.textContent("main")).includes(p.name), "the name stands there in full");
		await page.click("text=登录并更新");
		await enter(page, p);
		await page.waitForURL(/\/certificates\//);
		await page.locator("button:has-text('更新')").first().waitFor();
	}],
	["another phone for the account: a code to the old one, a code to the new one", async (world) => {
		const p = world.site.people[1], page = await world.page();
		const fresh = `139${String(Date.now()).slice(-8)}`;

		await signIn(page, p);
		await page.goto("/user/mobile");
		await askCode(world, page, p.mobile);
		await page.click("main >> text=下一步");
		await page.waitForURL(/mobile\/new/);
		await page.fill("#f-mobile", fresh);
		await askCode(world, page, fresh);
		await world.shot(page, "mobile-new");
		await page.click("button:has-text('更换手机号')");
		await page.waitForURL(/\/user\/account/);
		assert.match(await page.textContent("main"), new RegExp(fresh));
	}],
	["a sealed document: two seals that hold together, by a house that nobody here trusts", async (world) => {
		for (const [size, name] of [["pc", "verify"], ["phone", "phone-verify"]]) {
			const page = await world.page(size);

			await page.goto("/");
			await page.click("nav >> text=核验电子签章");
			await page.waitForURL(/\/verify/);
			await world.shot(page, name);
			await page.setInputFiles("#f-file", { name: "合同.pdf", mimeType: "application/pdf",
				buffer: readFileSync(`${PAPERS}/twice-plain`) });
			await page.focus("#f-file");
			await page.keyboard.press("Tab");
			await page.keyboard.press("Enter");
			await page.locator("h1", { hasText: "核验结果" }).waitFor();
			assert.equal(await page.locator("section h2", { hasText: "长沙建工有限公司" }).count(), 2);
			await page.locator("summary").first().click();
			await world.shot(page, `${name}-result`);
			const text = await page.textContent("main");

			assert.match(text, /通过：文件内容与盖章时相同/);
			assert.match(text, /未通过：盖章人的证书由受信任的机构签发/);
			assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
		}
	}],
	["a document without a seal, and one that is no PDF", async (world) => {
		const page = await world.page();

		for (const [bytes, words] of [[readFileSync(`${PAPERS}/plain`), /没有电子签章/],
			[Buffer.from("text"), /不是 PDF 文件/]]) {
			await page.goto("/verify");
			await page.setInputFiles("#f-file", { name: "a.pdf", mimeType: "application/pdf", buffer: bytes });
			await page.click("main button:has-text('核验')");
			await page.locator("main", { hasText: words }).waitFor();
			await world.shot(page, `verify-${bytes.length}`);
		}
	}],
];
