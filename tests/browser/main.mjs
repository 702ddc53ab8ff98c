/* Runs every *.test.mjs of the hall that is served: tests = [[name, async (world) => …], …], hall. */
import { readdirSync } from "node:fs";
import { World } from "./world.mjs";

const wanted = process.argv.slice(2);
const world = await World.start(JSON.parse(process.env.TEST_SITE));
let passed = 0, failed = 0;

for (const file of readdirSync(".").filter((f) => f.endsWith(".test.mjs")).sort()) {
	const { tests, hall = "construction" } = await import(`./${file}`);

	if (hall !== (world.site.hall ?? "construction"))
		continue;

	for (const [name, run] of tests) {
		if (wanted.length && !wanted.some((w) => name.includes(w)))
			continue;
		const began = Date.now();

		try {
			await run(world);
			passed++;
			console.log(`ok      ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
		} catch (error) {
			failed++;
			console.log(`FAILED  ${name}: ${error.stack ?? error}`);
			await world.shotOfFailure(name);
		}
		world.plug();
		await world.closePages();
	}
}
await world.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
