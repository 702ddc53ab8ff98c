/* The whole application in a browser: organisation, person, a returned order, lock-out. */
import assert from "node:assert/strict";

/* Fill the fields of a form by name: text, select or radio. */
async function fill(page, values) {
	for (const [name, value] of Object.entries(values)) {
		const field = page.locator(`[name="${name}"]`).first();

		if (await field.count() === 0)
			continue;
		const tag = await field.evaluate((e) => e.tagName + (e.type ?? ""));

		if (tag.startsWith("SELECT"))
			await field.selectOption(value);
		else if (tag.endsWith("radio"))
			await page.locator(`[name="${name}"][value="${value}"]`).check();
		else
			await field.fill(value);
	}
}

export async function register(world, page, p) {
	const seen = (await world.sms(p.mobile)).length;

	await page.goto("/register");
	await page.fill("#f-mobile", p.mobile);
	await page.fill("#f-mail", p.mail);
	await page.fill("#f-password", p.password);
	await page.fill("#f-password2", p.password);
	await page.fill("#f-captcha", world.site.captcha);
	await page.click("[data-send-code]");
	await page.fill("#f-code", await world.smsCode(p.mobile, seen));
	await page.click("text=注册 >> nth=-1");
	await page.waitForURL(/\/(user|signin)/);
	if (page.url().includes("/signin"))
		await signIn(page, p);
}

/* On the page to sign in; with the picture's characters, too, once this address has tried often. */
export async function enter(page, p) {
	await page.fill("#f-login", p.mobile);
	await page.fill("#f-password", p.password);
	if (await page.locator("#panel-password [name=captcha]").count())
		await page.fill("#panel-password [name=captcha]",
		    JSON.parse(process.env.TEST_SITE).captcha);
	await page.click("#panel-password button.button-main");
}

export async function signIn(page, p) {
	await page.goto("/signin");
	await enter(page, p);
	await page.waitForURL(/\/user/);
}

/* From the confirmation through the materials. */
export async function confirmAndUpload(world, page, p, way = "download", phone = null) {
	await page.check(`[name=way][value=${way}]`);
	await page.click("text=确认，下一步");
	if (phone)
		await codeByPhone(world, page, p, phone);
	await page.waitForURL(/steps\/print/);
	await page.click("text=已打印，下一步");
	await page.waitForURL(/steps\/materials/);
	const required = page.locator("[data-material]:has(.must)");

	for (let i = 0; i < await required.count(); i++) {
		await required.nth(i).locator("input[type=file]").setInputFiles(world.site.scans[i % world.site.scans.length]);
		await required.nth(i).locator("[data-has], .tag[data-state=done]").first().waitFor();
	}
	await world.shot(page, `step-materials-${p.kind}`);
	await page.click("main >> text=下一步 >> nth=-1");
}

/* From the confirmation to the identity check. */
async function confirmAndProve(world, page, p, way = "download", phone = null) {
	await confirmAndUpload(world, page, p, way, phone);
	await page.waitForURL(/steps\/identity/);
	await proveIdentity(world, page, p);
}

/* A code to the registered phone, typed in; a phone gets one a minute, and the page says so. */
async function codeByPhone(world, page, p, name) {
	await page.waitForURL(/steps\/phone_code/);
	const seen = (await world.sms(p.mobile)).length;
	const ask = async () => {
		await page.reload();
		await page.fill("#f-captcha", world.site.captcha);
		const answer = page.waitForResponse(/\/orders\/\d{20}\/code$/);

		await page.click("[data-send-code]");
		return (await answer).status();
	};

	for (let status = await ask(); status !== 200; status = await ask()) {
		assert.equal(status, 429);
		await page.waitForTimeout(5000);
	}
	await page.fill("#f-code", await world.smsCode(p.mobile, seen));
	await world.shot(page, name);
	await page.click("text=下一步");
}

/* From the price list to the confirmation; the order's number. */
export async function fillIn(page, p) {
	await page.goto("/orders/new");
	await page.click(`form:has([value="${p.kind}"]) button`);
	await page.waitForURL(/steps\/agreement/);
	const order = page.url().match(/orders\/(\d{20})/)[1];

	for (const tick of await page.locator("input[type=checkbox]").all())
		await tick.check();
	await page.click("text=同意，下一步");
	await page.waitForURL(/steps\/form/);
	await fill(page, p.form);
	for (const extra of ["question"]) {
		const select = page.locator(`select[name="${extra}"]`);

		if (await select.count())
			await select.selectOption({ index: 1 });
	}
	if (await page.locator("[name=answer]").count())
		await page.fill("[name=answer]", "我的母亲");
	await page.click("text=提交数据，下一步");
	await page.waitForURL(/steps\/confirm/);
	return order;
}

/* From the price list to the waiting page; the order's number. */
export async function apply(world, page, p, channel, way) {
	const order = await fillIn(page, p);

	await confirmAndProve(world, page, p, way);
	await page.waitForURL(/steps\/payment/);
	await pay(world, page, channel, order);
	await page.locator("text=/缴费完成|工作日/").first().waitFor();	/* it goes on by itself */
	await world.shot(page, `step-paid-${channel}`);
	await page.goto(`/orders/${order}/continue`);
	await page.locator("text=工作日").first().waitFor();
	await world.shot(page, `step-review-${p.kind}`);
	return order;
}

async function proveIdentity(world, page, p) {
	const faces = async () => (await world.control("/control/faces")).faces.filter(
	    (f) => f.id_no === p.idNo).length;
	const before = await faces();		/* of an earlier order */

	await page.click("[data-identity-start] button");
	await page.locator("[data-qr-box] svg.qr").waitFor();
	await world.shot(page, `step-identity-${p.kind}`);
	const order = page.url().match(/orders\/(\d{20})/)[1];
	const model = await page.evaluate(async (no) => (await fetch(`/orders/${no}/identity`,
	    { headers: { Accept: "application/json" } })).json(), order);
	const phone = await world.page("phone");

	await phone.goto(new URL(model.url).pathname);
	await phone.check("[name=consent]");
	await world.shot(phone, `phone-consent-${p.kind}`);
	await phone.click("text=同意并开始");
	await world.poll("the face check at the provider", async () => await faces() > before);
	await world.control("/control/face", { id_no: p.idNo, result: "pass" });
}

export async function pay(world, page, channel, order) {
	await page.click(`[data-pay]:has([value="${channel}"]) button`);
	const trade = await world.poll("the QR code to pay", async () => {
		const model = await page.evaluate(async (no) => (await fetch(`/orders/${no}/payment`,
		    { headers: { Accept: "application/json" } })).json(), order).catch(() => ({}));

		return model.trades?.find((t) => t.state === "waiting" && t.qr);
	});

	await world.shot(page, `step-payment-${channel}`);
	await world.control("/control/pay", { qr: trade.qr });
	for (let i = 0; i < 2; i++)		/* told again and again: paid once all the same */
		await world.control("/control/notify", { trade_no: trade.no, what: "" });
}

/* One payment in the order's records, however often it was notified. */
async function paidOnce(world, page, order) {
	await page.goto(`/orders/${order}`);
	const model = await page.evaluate(async (no) => (await fetch(`/orders/${no}`,
	    { headers: { Accept: "application/json" } })).json(), order);

	assert.equal(model.trades.length, 1);
	assert.equal(model.events.filter((e) => e.text === "收到费用").length, 1);
	assert.equal(await page.locator("text=交易成功").count(), 1);
}

/* A key officer's own page: in words, as it is, signed.  second: whom the first one names. */
async function signRecovery(world, desk, order, key, pin, second) {
	await desk.goto("/staff/recoveries");
	await world.shot(desk, `recoveries-${key}`);
	await desk.goto(`/staff/recoveries/${order}`);
	await desk.locator("[data-recovery-sign] [data-assistant-key]:not(.hide)").waitFor();
	if (second) {
		await desk.selectOption("#f-second", { label: second });
		await desk.click("[data-statement-show]");
		await desk.locator("[data-statement]:not(.hide)", { hasText: "recovery" }).waitFor();
		await desk.locator("[data-plain]", { hasText: "两人签名" }).waitFor();
	}
	await world.shot(desk, `recovery-${key}`);
	await desk.selectOption("[data-assistant-select]", world.site.keys[key]);
	await desk.fill("[data-assistant-pin]", pin);
	await desk.click("[data-assistant-go]");
	await desk.waitForURL(/staff\/recoveries$/);
}

export async function officer(world, key = "staff", pin = world.site.adminPin) {
	const page = await world.page();

	await page.goto("/staff/signin");
	await page.locator("[data-assistant-key]:not(.hide)").waitFor();
	await page.selectOption("[data-assistant-select]", world.site.keys[key]);
	await page.fill("[data-assistant-pin]", pin);
	await page.click("[data-assistant-go]");
	await page.waitForURL(/\/staff$|\/staff[?#]|\/staff\/$/);
	return page;
}

export async function approve(world, page, order) {
	await page.goto(`/staff/reviews/${order}`);
	await page.click("text=由我处理");
	await page.waitForLoadState();
	await page.locator("[data-approve] [data-assistant-key]:not(.hide)").waitFor();
	await world.shot(page, "staff-review");
	await page.click("[data-approve-show]");
	await page.locator("[data-statement]:not(.hide)").waitFor();
	await page.selectOption("[data-approve] [data-assistant-select]", world.site.keys.staff);
	await page.fill("[data-approve] [data-assistant-pin]", world.site.adminPin);
	await page.click("[data-approve] [data-assistant-go]");
	await page.waitForURL((u) => !u.pathname.endsWith(order) || u.search !== "");
}

export async function fetchPair(world, page, p, order) {
	await page.goto("/fetch");
	await page.fill("#f-no", order);
	await page.fill("#f-code", await world.authorisation(p.mail, order));
	await page.fill("#f-captcha", world.site.captcha);
	await page.click("[data-fetch-form] button.button-main");
	await page.locator("[data-fetch-run] [data-assistant-key]:not(.hide)").waitFor();
	await page.selectOption("[data-fetch-run] [data-assistant-select]", world.site.keys[p.kind]);
	await page.fill("[data-fetch-run] [data-assistant-pin]", world.site.blankPin);
	await page.locator("[data-fetch-run] [data-assistant-change]:not(.hide)").waitFor();
	await page.fill("[data-fetch-run] [data-assistant-new]", world.site.userPin);
	await page.fill("[data-fetch-run] [data-assistant-repeat]", world.site.userPin);
	await world.shot(page, `fetch-pin-${p.kind}`);
	await page.click("[data-fetch-run] [data-assistant-set]");
	await page.locator("[data-fetch-run] [data-assistant-change].hide").waitFor({ state: "attached" });
	await page.click("[data-fetch-run] [data-assistant-go]");
	await page.locator("[data-fetch-finished]:not(.hide)").waitFor();
	await world.shot(page, `fetch-done-${p.kind}`);
}

async function signInByUkey(world, page, key, pin) {
	await page.goto("/signin#ukey");
	await page.click("#tab-ukey");
	await page.locator("#panel-ukey [data-assistant-key]:not(.hide)").waitFor();
	await page.selectOption("#panel-ukey [data-assistant-select]", key);
	await page.fill("#panel-ukey [data-assistant-pin]", pin);
	await page.click("#panel-ukey [data-assistant-go]");
}

async function whole(world, p, channel) {
	const page = await world.page();

	await register(world, page, p);
	const order = await apply(world, page, p, channel);

	await paidOnce(world, page, order);
	await approve(world, await officer(world), order);
	await fetchPair(world, page, p, order);
	const fresh = await world.page();

	await signInByUkey(world, fresh, world.site.keys[p.kind], world.site.userPin);
	await fresh.waitForURL(/\/user/);
	await world.shot(fresh, `user-${p.kind}`);
	assert.match(await fresh.textContent("main"), /我的证书/);
}

/* At the desk: received into the stock, written into a blank UKey. */
async function makeAtDesk(world, desk, order) {
	await desk.goto("/staff/media");
	await desk.fill("#f-batch", "2026-11");
	await desk.fill("#f-serials", "YX2026110001\nYX2026110002");
	await desk.click("text=入库 >> nth=-1");
	await desk.locator("td", { hasText: "2026-11" }).first().waitFor();
	await world.shot(desk, "staff-media");
	await desk.goto("/staff/making");
	await desk.click(`form[action$="/${order}/claim"] button`);
	const making = `[data-make="${order}"]`;

	await desk.locator(`${making} [data-assistant-key]:not(.hide)`).waitFor();
	await desk.selectOption(`${making} [data-assistant-select]`, world.site.keys.spare);
	await desk.fill(`${making} [data-assistant-pin]`, world.site.blankPin);
	await world.shot(desk, "staff-making");
	await desk.click(`${making} [data-assistant-go]`);
	await desk.locator("article.difference", { hasText: order }).waitFor();
	await desk.click("text=重发激活PIN码");
	await desk.locator("[data-make-again] [data-assistant-key]:not(.hide)").waitFor();
	await world.shot(desk, "staff-made");
}

/* From the list of certificates to the page of the newest one. */
export async function certificate(page, p) {
	await signIn(page, p);
	await page.goto("/user/certificates");
	await page.click("table >> text=查看 >> nth=0");
	await page.waitForURL(/\/certificates\//);
}

/* A section of the certificate's page is folded until it is wanted. */
async function unfold(page, id) {
	await page.click(`nav.actions a[href="#${id}"]`);
	await page.locator(`details[open] #${id}`).waitFor();
}

/* The box of the download with these UKeys in: what it says, and whether it lets one go on. */
async function boxSays(world, page, keys, said, may) {
	world.plug(...keys);
	await page.click("[data-fetch-run] [data-assistant-again]");
	await page.locator("[data-fetch-run] [data-assistant-said]", { hasText: said }).waitFor();
	assert.equal(await page.isEnabled("[data-fetch-run] [data-assistant-go]"), may);
}

/* Both pairs open what was encrypted to them. */
async function selfcheck(world, page, scope, pin) {
	await page.locator(`${scope} [data-assistant-key]:not(.hide)`).waitFor();
	await page.fill(`${scope} [data-assistant-pin]`, pin);
	await page.click(`${scope} [data-assistant-go]`);
	await page.locator(`${scope} .notice-good`, { hasText: "自检通过" }).waitFor();
	assert.equal(await page.locator(`${scope} li`, { hasText: "加密、解密正常" }).count(), 2);
}

/* A second pair into the key that holds the first: that one alone may be plugged in. */
async function fetchIntoUsedKey(world, page, p, order) {
	await page.goto("/fetch");
	await page.fill("#f-no", order);
	await page.fill("#f-code", await world.authorisation(p.mail, order));
	await page.fill("#f-captcha", world.site.captcha);
	await page.click("[data-fetch-form] button.button-main");
	await page.locator("[data-fetch-run] [data-assistant-said]", { hasText: "请只留原证书所在的一支" }).waitFor();
	await world.shot(page, "renewal-many");
	await boxSays(world, page, ["nobody"], "没有检测到UKey。请插入原证书所在的UKey", false);
	await boxSays(world, page, ["spare"], "这支UKey里没有原证书", false);
	await boxSays(world, page, [p.kind], "已检测到UKey", true);
	await world.shot(page, "renewal-one");
	await page.fill("[data-fetch-run] [data-assistant-pin]", world.site.userPin);
	await page.click("[data-fetch-run] [data-assistant-go]");
	await page.locator("[data-fetch-finished]:not(.hide)").waitFor();
	await selfcheck(world, page, "[data-fetch-selfcheck]", world.site.userPin);
	await world.shot(page, "renewal-checked");
	world.plug();
}

/* The three proofs of an unlocking; wrong answers are said beside the field. */
async function proveForUnlock(world, page, p, order) {
	await page.fill("#f-answer", "不知道");
	await page.click("text=下一步");
	await page.locator("main", { hasText: "验证答案不对" }).waitFor();
	await world.shot(page, "unlock-question");
	await page.fill("#f-answer", p.form.answer ?? "我的母亲");
	await page.click("text=下一步");
	await codeByPhone(world, page, p, "unlock-phone");
	await page.waitForURL(/steps\/mail_link/);
	await page.click("text=发送邮件");
	await page.locator("text=邮件已发送").first().waitFor();
	const link = await world.poll("the mail with the link", async () => {
		for (const m of (await world.control(`/control/mail?to=${p.mail}`)).mails) {
			const found = m.text.match(/https:\S+mail_link\?token=\w+/);

			if (found && found[0].includes(order))
				return found[0];
		}
		return null;
	});

	await page.goto(link);
	await world.shot(page, "unlock-mail");
	await page.click("text=确认 >> nth=-1");
}

export const tests = [
	["organisation: from registration to UKey sign-in, notified of its payment three times", (w) => {
		w.site.people[0].form.seal = "yes";
		return whole(w, w.site.people[0], "alipay");
	}],
	["the organisation's seal: drawn, on its certificate's page, its state told to a stranger", async (world) => {
		const page = await world.page(), stranger = await world.page("phone");

		await certificate(page, world.site.people[0]);
		const picture = page.locator("img.seal");

		await picture.waitFor();
		assert.ok(await picture.evaluate((e) => e.decode().then(() => e.naturalWidth > 100)), "the seal is seen");
		await world.shot(page, "certificate-seal");
		await stranger.goto(await page.locator("a[href^='/seals/']").getAttribute("href"));
		const text = await stranger.textContent("main");

		assert.match(text, /有效/);
		assert.ok(!text.includes(world.site.people[0].form.org_name), "the holder is told to a stranger");
		await world.shot(stranger, "phone-seal");
		await page.goto("/user/seals");
		await page.locator("img.seal").first().waitFor();
	}],
	["person: returned, mended, approved, fetched", async (world) => {
		const p = world.site.people[1], page = await world.page();

		await register(world, page, p);
		const order = await apply(world, page, p, "wechat");
		const desk = await officer(world);

		await desk.goto(`/staff/reviews/${order}`);
		await desk.selectOption("#f-target_0", { index: 1 });
		await desk.selectOption("#f-reason_0", { index: 1 });
		await desk.fill("#f-text_0", "请重新盖章后上传");
		await desk.click("text=退回修改");
		await desk.waitForLoadState();
		await page.goto(`/orders/${order}/steps/review`);
		await world.shot(page, "returned");
		assert.match(await page.textContent("main"), /请重新盖章后上传/);
		await page.click("text=修改完成，重新提交");
		await page.waitForLoadState();
		await approve(world, desk, order);
		await fetchPair(world, page, p, order);
	}],
	["renewed: from the certificate's page into the same UKey", async (world) => {
		const p = world.site.people[0], page = await world.page();

		await certificate(page, p);
		await world.shot(page, "certificate");
		await page.selectOption("#f-years", "2");
		await page.click("#renew button");
		await page.waitForURL(/steps\/agreement/);
		const order = page.url().match(/orders\/(\d{20})/)[1];

		for (const tick of await page.locator("input[type=checkbox]").all())
			await tick.check();
		await page.click("text=同意，下一步");
		await page.waitForURL(/steps\/question/);
		await page.fill("#f-answer", "我的母亲");
		await page.click("main >> text=下一步 >> nth=-1");
		await page.waitForURL(/steps\/confirm/);
		await world.shot(page, "renewal-confirm");
		await page.check("[name=way][value=download]");
		await page.click("text=确认，下一步");
		await page.waitForURL(/steps\/payment/);
		await pay(world, page, "alipay", order);
		await page.locator("text=缴费完成").first().waitFor();
		await approve(world, await officer(world), order);
		await fetchIntoUsedKey(world, page, p, order);
		await page.goto("/user/certificates");
		assert.equal(await page.locator("table >> text=查看").count(), 2);
		await world.shot(page, "certificates-two");
	}],
	["two certificates renewed in one go: chosen, paid once, one of them fetched", async (world) => {
		const p = world.site.people[2], page = await world.page();

		await signIn(page, p);
		await page.goto("/user/renewals");
		assert.equal(await page.locator("[data-sum]").textContent(), "0.00");
		await page.selectOption("[data-all] select", "1");
		assert.equal(await page.locator("[data-sum]").textContent(), "680.00");
		await page.fill("[data-question] input", "不知道");
		for (const tick of await page.locator("input[type=checkbox]").all())
			await tick.check();
		await page.click("text=提交，去支付");
		await page.locator("main", { hasText: "验证答案不对" }).waitFor();
		assert.equal(await page.locator("[data-sum]").textContent(), "680.00");
		await world.shot(page, "bundle-wrong-answer");
		await page.fill("[data-question] input", "我的母亲");
		await page.click("text=提交，去支付");
		await page.waitForURL(/bundles\/\d{20}/);
		await page.click("[data-pay] >> nth=0");
		await page.locator("[data-qr]").waitFor();
		await world.shot(page, "bundle-payment");
		const path = new URL(page.url()).pathname;
		const state = await page.evaluate(async (at) => (await fetch(`${at}/payment`,
		    { headers: { Accept: "application/json" } })).json(), path);

		await world.control("/control/pay", { qr: state.trade.qr });
		await page.locator("text=已缴费2张").waitFor();
		await world.shot(page, "bundle-progress");
		const row = page.locator("tbody tr", { hasText: p.userName });
		const order = (await row.locator(".number").textContent()).trim();

		await approve(world, await officer(world), order);
		await fetchIntoUsedKey(world, page, p, order);
		await page.goto(path);
		await page.locator("text=完成1张").waitFor();
	}],
	["nine wrong PINs lock the UKey, and the page says so", async (world) => {
		const page = await world.page();

		await page.goto("/signin#ukey");
		await page.click("#tab-ukey");
		await page.locator("#panel-ukey [data-assistant-key]:not(.hide)").waitFor();
		await page.selectOption("#panel-ukey [data-assistant-select]", world.site.keys.org);
		for (let left = 8; left >= 0; left--) {
			await page.fill("#panel-ukey [data-assistant-pin]", "000000");
			await page.click("#panel-ukey [data-assistant-go]");
			await page.locator("#panel-ukey [data-assistant-said]", { hasText: left ? `${left} 次` : "锁定" }).waitFor();
		}
		assert.match(await page.textContent("#panel-ukey [data-assistant-said]"), /申请解锁/);
		await world.shot(page, "locked");
	}],
	["unlocked: question, phone and mail, reviewed, a new PIN, signed in with it", async (world) => {
		const p = world.site.people[0], page = await world.page();

		await certificate(page, p);
		await unfold(page, "unlock");
		await page.click("#unlock button");
		await page.waitForURL(/steps\/question/);
		const order = page.url().match(/orders\/(\d{20})/)[1];

		await proveForUnlock(world, page, p, order);
		await page.waitForURL(/steps\/challenge/);
		await page.locator("[data-assistant-key]:not(.hide)").waitFor();
		await page.selectOption("[data-assistant-select]", world.site.keys.org);
		await world.shot(page, "unlock-challenge");
		await page.click("[data-assistant-go]");
		await page.waitForURL(/steps\/review/);
		await approve(world, await officer(world), order);
		await page.goto(`/orders/${order}/continue`);
		await page.locator("[data-assistant-key]:not(.hide)").waitFor();
		await page.selectOption("[data-assistant-select]", world.site.keys.org);
		await page.fill("#f-new", "Neu-86420");
		await page.fill("#f-again", "Neu-8642");
		await page.click("[data-assistant-go]");
		await page.locator("[data-assistant-said]", { hasText: "两次输入" }).waitFor();
		await page.fill("#f-again", "Neu-86420");
		await page.click("[data-assistant-go]");
		await page.locator(".notice-good", { hasText: "UKey已解锁，业务办理完成" }).waitFor();
		await world.shot(page, "unlocked");
		const fresh = await world.page();

		await signInByUkey(world, fresh, world.site.keys.org, "Neu-86420");
		await fresh.waitForURL(/\/user/);
	}],
	["the key is lost: frozen on the phone with a code", async (world) => {
		const p = world.site.people[0], page = await world.page("phone");

		await certificate(page, p);
		const seen = (await world.sms(p.mobile)).length;

		await unfold(page, "freeze");
		await page.fill("#f-captcha", world.site.captcha);
		await page.click("[data-send-code]");
		await page.fill("#f-code", await world.smsCode(p.mobile, seen));
		await page.click("text=冻结证书 >> nth=-1");
		await page.locator(".page-head + .card .tag", { hasText: "已冻结" }).waitFor();
		await world.shot(page, "phone-frozen");
	}],
	["lost for good: a new UKey, and the order says when the old certificate ended", async (world) => {
		const p = world.site.people[0], page = await world.page();

		await signIn(page, p);
		await page.goto("/user/certificates?certificates=frozen");
		await page.click("table >> text=查看 >> nth=0");
		await unfold(page, "reissue");
		await page.selectOption("#f-cause", "lost");
		await page.click("#reissue button");
		await page.waitForURL(/steps\/agreement/);
		const order = page.url().match(/orders\/(\d{20})/)[1];

		for (const tick of await page.locator("input[type=checkbox]").all())
			await tick.check();
		await page.click("text=同意，下一步");
		await page.waitForURL(/steps\/confirm/);
		await world.shot(page, "reissue-confirm");
		await page.check("[name=way][value=download]");
		await page.click("text=确认，下一步");
		await codeByPhone(world, page, p, "reissue-phone");
		await page.waitForURL(/steps\/identity/);
		await proveIdentity(world, page, p);
		await page.waitForURL(/steps\/payment/);
		await pay(world, page, "alipay", order);
		await page.locator("text=缴费完成").or(page.locator("text=工作日")).first().waitFor();
		await approve(world, await officer(world), order);
		await fetchPair(world, page, { ...p, kind: "again" }, order);
		await page.goto(`/orders/${order}`);
		assert.match(await page.textContent("main"), /原证书[\s\S]*已于 .* 撤销/);
		await world.shot(page, "reissue-done");
	}],
	["the old encryption key comes back: asked for, proved, signed by two, into the new UKey", async (world) => {
		const p = world.site.people[0], page = await world.page();

		await signIn(page, p);
		await page.goto("/user/certificates?certificates=ended");
		await page.click("table >> text=查看 >> nth=0");
		await world.shot(page, "recover-certificate");
		await page.click("#recover button");
		await page.waitForURL(/steps\/reason/);
		const order = page.url().match(/orders\/(\d{20})/)[1];

		await world.shot(page, "recover-reason");
		await page.check("[name=reason][value=other]");
		await page.click("main >> text=下一步");
		await page.locator(".error, .field-error, .notice-bad", { hasText: "请写明原因" }).first().waitFor();
		await page.check("[name=reason][value=lost]");
		await page.click("main >> text=下一步");
		await page.waitForURL(/steps\/materials/);
		await page.locator("input[type=file]").first().setInputFiles(world.site.scans[0]);
		await page.locator("[data-has], .tag[data-state=done]").first().waitFor();
		await page.click("main >> text=下一步 >> nth=-1");
		await page.waitForURL(/steps\/identity/);
		await proveIdentity(world, page, p);
		await page.waitForURL(/steps\/review/);
		await signRecovery(world, await officer(world), order, "staff", world.site.adminPin, "同事");
		await page.goto(`/orders/${order}`);
		assert.match(await page.textContent("main"), /第一位密钥管理员签名/);
		await world.shot(page, "recover-one");
		await signRecovery(world, await officer(world, "colleague", world.site.userPin), order,
		    "colleague", world.site.userPin);
		await page.goto(`/orders/${order}/continue`);
		await page.locator("[data-recover-run] [data-assistant-key]:not(.hide)").waitFor();
		await page.selectOption("[data-assistant-select]", world.site.keys.org);
		await page.fill("[data-assistant-pin]", world.site.userPin);
		await page.click("[data-assistant-go]");
		await page.locator("[data-assistant-said]", { hasText: "不是接收密钥的UKey" }).waitFor();
		await page.selectOption("[data-assistant-select]", world.site.keys.again);
		await page.fill("[data-assistant-pin]", world.site.userPin);
		await world.shot(page, "recover-ready");
		await page.click("[data-assistant-go]");
		await page.locator(".notice-good", { hasText: "打开了核对文件" }).waitFor();
		await world.shot(page, "recovered");
		const phone = await world.page("phone");

		await signIn(phone, p);
		for (const [path, name] of [[`/orders/${order}`, "order"], [`/orders/${order}/steps/recover`, "step"]]) {
			await phone.goto(path);
			await world.shot(phone, `phone-recover-${name}`);
		}
	}],
	["lost, from the home page: number and phone, then freeze or re-issue", async (world) => {
		const p = world.site.people[0], page = await world.page("phone");

		await page.goto("/");
		await world.shot(page, "phone-home");
		await page.click("main a[href='/lost']");
		await page.waitForURL(/\/lost/);
		await page.check("[name=kind][value=organisation]");
		await page.fill("#f-no", p.form.org_id_no);
		await page.fill("#f-mobile", p.mobile);
		const seen = (await world.sms(p.mobile)).length;

		await page.fill("#f-captcha", world.site.captcha);
		await page.click("[data-send-code]");
		await page.fill("#f-code", await world.smsCode(p.mobile, seen));
		await world.shot(page, "phone-lost");
		await page.click("text=下一步 >> nth=-1");
		await page.waitForURL(/lost\/certificates/);
		await world.shot(page, "phone-lost-certificates");
		await page.click("button:has-text('立即冻结') >> nth=0");
		await page.locator(".tag", { hasText: "已冻结" }).first().waitFor();
		await page.click("button:has-text('补办') >> nth=0");
		await page.waitForURL(/steps\/agreement/);
		const wide = await world.page();

		await wide.goto("/lost");
		await world.shot(wide, "lost");
	}],
	["relying systems: registered, tested, what was sent", async (world) => {
		const desk = await officer(world);

		await desk.goto("/staff/apps");
		await desk.fill("#f-name", "工程监控平台");
		await desk.fill("#f-url", "http://biz.example.cn/hooks/ca");
		await desk.check("[name=event_frozen]");
		await desk.check("[name=event_revoked]");
		await desk.click("text=登记 >> nth=-1");
		await desk.locator("text=要用 https").first().waitFor();
		await world.shot(desk, "apps-refused");
		await desk.fill("#f-name", "工程监控平台");
		await desk.fill("#f-url", `${world.site.sandbox}/webhook/none`);
		await desk.check("[name=event_frozen]");
		await desk.click("text=登记 >> nth=-1");
		await desk.locator("#app-secret", { hasText: "whsec_" }).waitFor();
		await world.shot(desk, "apps-added");
		await desk.click("table >> text=查看 >> nth=0");
		await desk.click("text=发送测试通知");
		await world.poll("the refusal", async () => {
			await desk.reload();
			return (await desk.textContent("main")).includes("status 404");
		});
		await world.shot(desk, "app");
		const phone = await officer(world);

		await phone.setViewportSize({ width: 375, height: 760 });
		for (const path of ["/staff/apps", new URL(desk.url()).pathname, "/staff/recoveries"]) {
			await phone.goto(path);
			await world.shot(phone, `phone${path.replace(/\d+/, "one").replaceAll("/", "-")}`);
		}
	}],
	["changed with the UKey: what is new beside what was, into the same key", async (world) => {
		const p = world.site.people[1], page = await world.page();

		await signInByUkey(world, page, world.site.keys.person, world.site.userPin);
		await page.waitForURL(/\/user/);
		await page.goto("/user/account");
		await world.shot(page, "account");
		await page.goto("/user/certificates");
		await page.click("table >> text=查看 >> nth=0");
		await unfold(page, "modify");
		await page.click("#modify button");
		await page.waitForURL(/steps\/agreement/);
		const order = page.url().match(/orders\/(\d{20})/)[1];

		for (const tick of await page.locator("input[type=checkbox]").all())
			await tick.check();
		await page.click("text=同意，下一步");
		await page.waitForURL(/steps\/form/);
		await page.fill("#f-department", "造价咨询部");
		if (await page.locator("[name=answer]").count())
			await page.fill("[name=answer]", "我的母亲");
		await world.shot(page, "change-form");
		await page.click("text=提交数据，下一步");
		await page.waitForURL(/steps\/confirm/);
		await world.shot(page, "change-confirm");
		assert.match(await page.textContent("main"), /设计部[\s\S]*造价咨询部/);
		await confirmAndProve(world, page, p, "download", "change-phone");
		await page.waitForURL(/steps\/review/);
		await approve(world, await officer(world), order);
		await fetchIntoUsedKey(world, page, p, order);
		await page.goto("/user/certificates?certificates=ended");
		assert.equal(await page.locator("table >> text=查看").count(), 1);
	}],
	["frozen, thawed and revoked with the UKey; what is signed is shown", async (world) => {
		const p = world.site.people[1], page = await world.page();
		const form = "#revoke [data-sign-change]";
		const signWith = async (scope, key) => {
			await page.locator(`${scope} [data-assistant-key]:not(.hide)`).waitFor();
			await page.selectOption(`${scope} [data-assistant-select]`, world.site.keys[key]);
			await page.fill(`${scope} [data-assistant-pin]`, world.site.userPin);
			await page.click(`${scope} [data-assistant-go]`);
		};

		await certificate(page, p);
		await unfold(page, "revoke");
		await page.locator(`${form} [data-assistant-key]:not(.hide)`).waitFor();
		await page.check("[name=kind][value=revocation]");
		await page.selectOption("#f-reason", "5");
		await signWith(form, "again");
		await page.locator(`${form} [data-assistant-said].notice-bad`).waitFor();
		await page.locator("[data-statement]", { hasText: "revocation" }).waitFor();
		await world.shot(page, "revoke-wrong-key");
		await page.check("[name=kind][value=hold]");
		await signWith(form, "person");
		await page.locator(".page-head + .card .tag", { hasText: "已冻结" }).waitFor();
		const seen = (await world.sms(p.mobile)).length;

		await page.fill("#thaw #f-captcha", world.site.captcha);
		await page.click("#thaw [data-send-code]");
		await page.fill("#thaw #f-code", await world.smsCode(p.mobile, seen));
		await world.shot(page, "thaw");
		await signWith("#thaw", "person");
		await page.locator(".page-head + .card .tag", { hasText: "有效" }).waitFor();
		await unfold(page, "revoke");
		await page.check("[name=kind][value=revocation]");
		await page.selectOption("#f-reason", "5");
		await signWith(form, "person");
		await page.locator(".page-head + .card .tag", { hasText: "已撤销" }).waitFor();
		await world.shot(page, "revoked");
	}],
	["written at the desk: the PIN comes by SMS, the first use asks for one's own", async (world) => {
		const first = world.site.people[0], page = await world.page();
		const p = { ...first, form: { ...first.form, user_name: "k" + first.userName.slice(1) } };

		await signIn(page, p);
		const order = await apply(world, page, p, "alipay", "window");
		const desk = await officer(world);

		await approve(world, desk, order);
		await makeAtDesk(world, desk, order);
		const pin = await world.poll("the activation PIN", async () => (await world.sms(p.mobile))
		    .find((m) => m.template === "SMS_ACTIVATION")?.params.pin);

		await page.goto(`/orders/${order}`);
		assert.match(await page.textContent("main"), /激活PIN码已用短信发出/);
		assert.doesNotMatch(await desk.content() + await page.content(), new RegExp(pin));
		await world.shot(page, "order-pin");
		await desk.fill(`#r-${order}`, "赵钱孙");
		await desk.click("text=登记领取");
		await page.waitForLoadState();
		const fresh = await world.page();

		await signInByUkey(world, fresh, world.site.keys.spare, pin);
		await fresh.locator("[data-assistant-change]:not(.hide)").waitFor();
		await world.shot(fresh, "activation");
		await fresh.fill("#panel-ukey [data-assistant-new]", world.site.userPin);
		await fresh.fill("#panel-ukey [data-assistant-repeat]", world.site.userPin);
		await fresh.click("#panel-ukey [data-assistant-set]");
		await fresh.locator("#panel-ukey [data-assistant-said]", { hasText: "PIN码已设置" }).waitFor();
		await fresh.click("#panel-ukey [data-assistant-go]");
		await fresh.waitForURL(/\/user/);
	}],
	["a form's errors stand beside the fields, on top, and take the focus", async (world) => {
		const p = world.site.people[0], page = await world.page();

		await signIn(page, p);
		await page.goto("/orders/new");
		await page.click('form:has([value="org"]) button');
		for (const tick of await page.locator("input[type=checkbox]").all())
			await tick.check();
		await page.click("text=同意，下一步");
		await page.waitForURL(/steps\/form/);
		await fill(page, { ...p.form, user_name: "way-too-long-name", org_id_no: "91430100000000000X" });
		await page.click("text=提交数据，下一步");
		await page.locator("[role=alert]").first().waitFor();
		await world.shot(page, "form-errors");
		const beside = await page.textContent('[data-field="org_id_no"]');

		assert.match(beside, /校验|代码/);
		assert.equal(await page.getAttribute("#f-org_id_no", "aria-invalid"), "true");
		assert.ok(await page.evaluate(() => document.activeElement?.closest("[role=alert]") !== null));
		assert.equal(await page.inputValue("#f-org_name"), p.form.org_name);
	}],
	["a picture that is too small is explained beside its material", async (world) => {
		const p = world.site.people[0], page = await world.page("phone");

		await signIn(page, p);
		await page.goto("/orders/new");
		await page.click('form:has([value="org"]) button');
		await page.waitForURL(/steps\//);
		const order = page.url().match(/orders\/(\d{20})/)[1];

		if (page.url().includes("agreement")) {
			for (const tick of await page.locator("input[type=checkbox]").all())
				await tick.check();
			await page.click("text=同意，下一步");
			await page.waitForURL(/steps\/form/);
		}
		await fill(page, { ...p.form, user_name: "s" + p.userName.slice(1), question: "", answer: "我的母亲" });
		await page.locator("select[name=question]").selectOption({ index: 1 });
		await world.shot(page, "phone-form");
		await page.click("text=提交数据，下一步");
		await page.waitForURL(/steps\/confirm/);
		await page.check("[name=way][value=download]");
		await page.click("text=确认，下一步");
		await page.waitForURL(/steps\/print/);
		await page.click("text=已打印，下一步");
		await page.waitForURL(/steps\/materials/);
		const first = page.locator("[data-material]").first();

		await first.locator("input[type=file]").setInputFiles(world.site.small);
		await first.locator("[data-mistake]:not(.hide)").waitFor();
		await world.shot(page, "phone-materials");
		assert.match(await first.locator("[data-mistake]").textContent(), /320×320 像素/);
		assert.equal(await first.locator("[data-has]").count(), 0);
		assert.ok(order);
	}],
	["no script error and no breach of the content policy on the way", async (world) => {
		assert.deepEqual(world.trouble, []);
	}],
];
