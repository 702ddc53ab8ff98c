/* The browser, the people and the outside world of the tests. */
import { existsSync, renameSync } from "node:fs";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];

export class World {
	static async start(site) {
		const world = new World();

		world.site = site;
		world.browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
		world.contexts = [];
		world.trouble = [];
		return world;
	}

	/* A fresh person at a fresh browser; size "pc" or "phone". */
	async page(size = "pc") {
		const phone = size === "phone";
		const context = await this.browser.newContext({ ignoreHTTPSErrors: true,
			locale: "zh-CN", baseURL: this.site.url,
			viewport: phone ? { width: 375, height: 760 } : { width: 1280, height: 900 },
			isMobile: phone, hasTouch: phone });
		const page = await context.newPage();

		page.setDefaultTimeout(20000);
		page.on("pageerror", (e) => this.trouble.push(`${page.url()}: ${e.message}`));
		page.on("console", (m) => {
			if (m.type() === "error" && /Content Security Policy|Refused to/.test(m.text()))
				this.trouble.push(`${page.url()}: ${m.text()}`);
		});
		this.contexts.push(context);
		return page;
	}

	async closePages() {
		for (const c of this.contexts.splice(0))
			await c.close();
	}

	async shot(page, name) {
		await page.screenshot({ path: `${this.site.shots}/${name}.png`, fullPage: true });
	}

	async shotOfFailure(name) {
		let i = 0;

		for (const c of this.contexts)
			for (const p of c.pages()) {
				console.log(`        at ${p.url()}`);
				await p.screenshot({ fullPage: true, path:
				    `${this.site.shots}/failed-${name.replace(/\W+/g, "-")}-${i++}.png` });
			}
	}

	async stop() {
		await this.browser.close();
	}

	/* Only these UKeys are plugged in; none named: all. */
	plug(...names) {
		for (const [name, path] of Object.entries(this.site.keys)) {
			const here = names.length === 0 || names.includes(name);

			if (here && existsSync(`${path}.out`))
				renameSync(`${path}.out`, path);
			else if (!here && existsSync(path))
				renameSync(path, `${path}.out`);
		}
	}

	/* ---- the outside world, by the sandbox's controls ---- */

	async control(path, body) {
		const r = await fetch(this.site.sandbox + path, body === undefined ? {} :
		    { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

		if (!r.ok)
			throw new Error(`${path}: ${r.status} ${await r.text()}`);
		return r.json();
	}

	async poll(what, fn, seconds = 30) {
		const until = Date.now() + seconds * 1000;

		for (;;) {
			const value = await fn();

			if (value)
				return value;
			if (Date.now() > until)
				throw new Error(`waited in vain for ${what}`);
			await new Promise((done) => setTimeout(done, 150));
		}
	}

	async sms(mobile) {
		return (await this.control(`/control/sms?phone=${mobile}`)).sms;
	}

	async smsCode(mobile, seen) {
		return this.poll("an SMS code", async () => {
			const rows = await this.sms(mobile);

			return rows.length > seen && JSON.stringify(rows[0]).match(/\b(\d{6})\b/)?.[1];
		});
	}

	async authorisation(mail, order) {
		return this.poll("the mail with the authorisation code", async () => {
			for (const m of (await this.control(`/control/mail?to=${mail}`)).mails) {
				const found = m.text.match(/授权码：\s*([A-Za-z0-9]{20})/);

				if (found && m.text.includes(order))
					return found[1];
			}
			return null;
		});
	}
}
