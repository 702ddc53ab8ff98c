/* The assistant's own page: self-check, keys, change of PIN, permission for sites. */
const $ = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
	const e = document.createElement(tag);
	for (const [k, v] of Object.entries(attributes))
		k in e ? e[k] = v : e.setAttribute(k, v);
	e.append(...children);
	return e;
}

async function ask(path, body) {
	const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body),
		headers: { "Content-Type": "application/json" } };
	const answer = await fetch(path, options);
	const json = await answer.json();
	if (!answer.ok)
		throw Object.assign(new Error(json.error), json);
	return json;
}

function certRow(c) {
	const state = { good: "有效", expired: "已过期", not_yet: "未生效" }[c.state];
	return el("div", { className: "cert" },
		el("strong", {}, c.cn), " ",
		el("span", { className: c.state === "good" ? "tag" : "tag bad" }, state),
		el("p", { className: "meta" }, `有效期 ${c.not_before.slice(0, 10)} 至 ${c.not_after.slice(0, 10)}` +
			(c.state === "good" ? `，还有 ${c.days_left} 天` : "")),
		el("p", { className: "meta" }, `序列号 ${c.serial}`),
		el("p", { className: "meta" }, `签发者 ${c.issuer}`));
}

function keyCard(k) {
	const card = el("div", { className: "key" },
		el("h3", {}, k.label || "UKey"),
		el("p", { className: "meta" }, `${k.vendor}　编号 ${k.serial || "—"}`));
	if (k.error) {
		card.append(el("p", { className: "error" }, k.error));
		return card;
	}
	card.append(el("p", { className: k.tries_left > 0 ? "meta" : "error" },
		k.tries_left > 0 ? `PIN 码还可以试 ${k.tries_left} 次（共 ${k.tries_max} 次）`
			: "PIN 码已锁定，请在证书服务网申请解锁"));
	if (k.pin_is_default)
		card.append(el("p", { className: "error" }, "还在用出厂 PIN 码，请马上修改。"));
	if (k.certificates.length === 0)
		card.append(el("p", { className: "meta" }, "空白 UKey，可以用来下载证书。"));
	card.append(...k.certificates.map(certRow));
	const change = el("button", { type: "button" }, "修改 PIN 码");
	change.addEventListener("click", () => openPin(k));
	card.append(el("div", { className: "row" }, change));
	return card;
}

function softCard(k) {
	const card = el("div", { className: "key" },
		el("h3", {}, k.certificates[0]?.cn ?? "没有下载完的软证书"),
		el("p", { className: "meta" }, `编号 ${k.serial || "—"}　文件 ${k.file}`));
	if (k.error) {
		card.append(el("p", { className: "error" }, k.error));
		return card;
	}
	card.append(...k.certificates.map(certRow));
	const row = el("div", { className: "row" });
	const change = el("button", { type: "button" }, "修改口令");
	change.addEventListener("click", () => openPin(k));
	row.append(change);
	if (k.certificates.length > 0) {
		const out = el("button", { type: "button" }, "导出 PKCS#12");
		out.addEventListener("click", () => openExport(k));
		row.append(out);
	} else {
		card.append(el("p", { className: "meta" }, "还没有下载完，请回到证书下载页面继续。忘记口令、还没有签发证书的，可以移走文件，重新生成密钥。"));
		const aside = el("button", { type: "button" }, "移走这个文件");
		aside.addEventListener("click", async () => {
			if (!confirm("证书已经签发的，移走后只能补办。文件会改名留在原来的文件夹。确定移走？"))
				return;
			await ask("/soft/aside", { key: k.key }).catch((e) => alert(e.message));
			refresh();
		});
		row.append(aside);
	}
	card.append(row);
	return card;
}

function openExport(key) {
	const dialog = $("export-dialog"), form = dialog.querySelector("form");
	form.reset();
	$("export-error").textContent = "";
	$("export-key").textContent = key.certificates[0].cn;
	form.onsubmit = async (event) => {
		event.preventDefault();
		if (form.password.value !== form.again.value) {
			$("export-error").textContent = "两次输入的导出密码不一样。";
			form.again.focus();
			return;
		}
		try {
			const { p12 } = await ask("/soft/export", { key: key.key, pin: form.pin.value,
				serial: key.certificates[0].serial, kind: form.kind.value,
				password: form.password.value });
			const bytes = Uint8Array.from(atob(p12), (c) => c.charCodeAt(0));
			const link = el("a", { href: URL.createObjectURL(new Blob([bytes])),
				download: `${key.certificates[0].serial}-${form.kind.value}.p12` });
			link.click();
			URL.revokeObjectURL(link.href);
			dialog.close();
		} catch (e) {
			$("export-error").textContent = e.message;
			form.pin.focus();
		}
	};
	dialog.showModal();
}

async function refreshSoft() {
	const { dir, files } = await ask("/soft");
	$("soft-section").hidden = files.length === 0;
	$("soft-dir").textContent = dir;
	$("soft").replaceChildren(...files.map(softCard));
}

async function refresh() {
	$("checks").replaceChildren(el("li", {}, "正在检查…"));
	try {
		const { checks } = await ask("/check");
		$("checks").replaceChildren(...checks.map((c) =>
			el("li", { className: c.ok ? "good" : "bad" }, `${c.name}：${c.text}`)));
		const keys = (await ask("/keys")).keys.filter((k) => !k.soft);
		$("keys").replaceChildren(...(keys.length ? keys.map(keyCard)
			: [el("p", { className: "meta" }, "没有检测到 UKey。请插入 UKey，然后点“重新检查”。")]));
		await refreshSoft();
	} catch (e) {
		$("checks").replaceChildren(el("li", { className: "bad" }, e.message));
	}
}

function openPin(key) {
	const dialog = $("pin-dialog"), form = dialog.querySelector("form");
	form.reset();
	$("pin-error").textContent = "";
	const word = key.soft ? "口令" : " PIN 码";
	$("pin-title").textContent = `修改${word}`;
	for (const [name, text] of [["old", `原${word}`], ["again", `再输一遍新${word}`],
		["new", key.soft ? "新口令（8 到 64 位）" : "新 PIN 码（6 到 16 位）"]])
		form.querySelector(`[data-word=${name}]`).textContent = text;
	$("pin-key").textContent = key.soft ? key.certificates[0]?.cn ?? "" : key.label;
	form.onsubmit = async (event) => {
		event.preventDefault();
		if (form.new_pin.value !== form.again.value) {
			$("pin-error").textContent = `两次输入的新${word}不一样。`;
			form.again.focus();
			return;
		}
		try {
			await ask("/pin/change", { key: key.key, pin: form.pin.value, new_pin: form.new_pin.value });
			dialog.close();
			refresh();
		} catch (e) {
			$("pin-error").textContent = e.message;
			form.pin.focus();
		}
	};
	dialog.showModal();
}

const KINDS = { "sign-in": "登录", approval: "审核通过", revocation: "撤销证书", hold: "冻结证书",
	release: "恢复证书", recovery: "恢复密钥", unlock: "解锁 UKey", destruction: "销毁密钥" };

function siteRow(site) {
	const row = el("li", {}, el("span", {}, site.origin));
	if (site.removable) {
		const remove = el("button", { type: "button" }, "移除");
		remove.addEventListener("click", async () => {
			await ask("/pairing/remove", { origin: site.origin }).catch(() => {});
			watchPairing();
		});
		row.append(remove);
	}
	return row;
}

function signedRow(s) {
	return el("li", {}, el("span", {}, `${s.time}　${KINDS[s.kind] ?? s.kind}`),
		el("span", { className: "meta" }, s.origin),
		el("span", { className: "meta digest", title: s.digest }, `摘要 ${s.digest.slice(0, 16)}…`));
}

/* A list is drawn anew only when it has changed: a screen reader is not to repeat it. */
function fill(list, rows, make, none) {
	const text = JSON.stringify(rows);
	if (list.dataset.text === text)
		return;
	list.dataset.text = text;
	list.replaceChildren(...(rows.length ? rows.map(make)
		: [el("li", { className: "meta" }, none)]));
}

async function watchPairing() {
	try {
		const { pending, allowed } = await ask("/pairing");
		const { signed } = await ask("/signed");
		fill($("sites"), allowed, siteRow, "还没有。网页请求时，在这里核对配对码后允许。");
		fill($("signed"), signed.slice(0, 20), signedRow, "还没有。");
		const box = $("pairing");
		box.hidden = pending.length === 0;
		box.replaceChildren(...pending.map((p) => {
			const yes = el("button", { type: "button", className: "main" }, "允许");
			const no = el("button", { type: "button" }, "拒绝");
			for (const [button, allow] of [[yes, true], [no, false]])
				button.addEventListener("click", async () => {
					await ask("/pairing", { origin: p.origin, allow }).catch(() => {});
					watchPairing();
				});
			return el("div", {}, el("h2", {}, "有网站请求使用您的 UKey"), el("p", {}, p.origin),
				el("p", {}, "请核对它与网页上显示的配对码一致："),
				el("p", { className: "code" }, p.code), el("div", { className: "row" }, yes, no));
		}));
	} catch {
		/* the next round tries again */
	}
}

$("again").addEventListener("click", refresh);
$("pin-cancel").addEventListener("click", () => $("pin-dialog").close());
$("export-cancel").addEventListener("click", () => $("export-dialog").close());
refresh();
watchPairing();
setInterval(watchPairing, 2000);
