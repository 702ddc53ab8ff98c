/* By keyboard alone: no pointer touches these pages; and what has the focus can be seen. */
import assert from "node:assert/strict";

/* Tab until this has the focus. */
async function tabTo(page, selector) {
	for (let i = 0; i < 120; i++) {
		await page.keyboard.press("Tab");
		if (await page.evaluate((s) => document.activeElement?.matches(s), selector)) {
			assert.ok(await page.evaluate(() => {
				const style = getComputedStyle(document.activeElement);
				return style.outlineStyle !== "none" || style.boxShadow !== "none";
			}), `${selector}: the focus cannot be seen`);
			return;
		}
	}
	assert.fail(`the keyboard does not reach ${selector} on ${page.url()}`);
}

async function type(page, selector, text) {
	await tabTo(page, selector);
	await page.keyboard.type(text);
}

async function press(page, selector, key = "Enter") {
	await tabTo(page, selector);
	await page.keyboard.press(key);
}

/* Somebody nobody knows yet. */
function stranger() {
	const tail = String(Math.floor(Math.random() * 1e8)).padStart(8, "0");

	return { mobile: `139${tail}`, mail: `k${tail}@mail.example`, password: `Keys-${tail}-x` };
}

async function register(world, page, p) {
	await page.goto("/");
	await page.keyboard.press("Tab");
	assert.match(await page.evaluate(() => document.activeElement.textContent), /跳到正文/);
	await press(page, 'a[href="/register"]');
	await page.waitForURL(/register/);
	await type(page, "#f-mobile", p.mobile);
	await type(page, "#f-mail", p.mail);
	await type(page, "#f-password", p.password);
	await type(page, "#f-password2", p.password);
	await type(page, "#f-captcha", world.site.captcha);
	await press(page, "[data-send-code]");
	const code = await world.smsCode(p.mobile, 0);

	await page.waitForFunction(() => document.activeElement?.name === "code");
	await page.keyboard.type(code);
	await page.keyboard.press("Enter");
	await page.waitForURL(/\/user/);
}

async function begin(page) {
	await page.goto("/orders/new");
	await press(page, 'form:has([value="org"]) button');
	await page.waitForURL(/steps\/agreement/);
	for (const tick of await page.locator("input[type=checkbox]").all())
		await press(page, `#${await tick.getAttribute("id")}`, "Space");
	assert.equal(await page.locator("input[type=checkbox]:not(:checked)").count(), 0);
	await press(page, "main form button.button-main");
	await page.waitForURL(/steps\/form/);
}

export const tests = [
	["keyboard: registered, begun, agreed, the first mistake of the form has the focus", async (world) => {
		const page = await world.page(), p = stranger();

		await register(world, page, p);
		await begin(page);
		await press(page, "main form .button-main");
		await page.locator(".is-bad").first().waitFor();
		await page.waitForFunction(() => document.activeElement?.closest(".is-bad, [data-error-list], .notice-bad, .mistakes"));
		await type(page, "#f-user_name", `k${p.mobile.slice(3)}`);
		await tabTo(page, "#f-province");
		await page.keyboard.type("湖南");
		await tabTo(page, '[name="years"]');
		await page.keyboard.press("ArrowDown");
		assert.equal(await page.locator('[name="years"]:checked').count(), 1);
	}],
	["keyboard: signed out and in again, the password shown as it is wrong", async (world) => {
		const page = await world.page(), p = stranger();

		await register(world, page, p);
		await press(page, 'form[action="/signout"] button');
		await page.waitForURL((u) => u.pathname === "/");
		await page.goto("/signin");
		await type(page, "#f-login", p.mobile);
		await type(page, "#f-password", "wrong-97531");
		await page.keyboard.press("Enter");
		await page.locator(".mistake, .notice-bad").first().waitFor();
		await tabTo(page, "#f-login");
		await page.keyboard.press("Control+A");
		await page.keyboard.type(p.mobile);
		await type(page, "#f-password", p.password);
		await page.keyboard.press("Enter");
		await page.waitForURL(/\/user/);
	}],
];
