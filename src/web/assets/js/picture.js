/* Large photos are made smaller before they go up, since what is kept is small anyway. */
const LARGE = 3 * 1024 * 1024;
const LONG_EDGE = 3600;		/* A4 at 300 DPI */

/* A JPEG photo over the limit, drawn again smaller; anything else stays as it is. */
export async function shrink(file) {
	if (file.size <= LARGE || file.type !== "image/jpeg" || !window.createImageBitmap)
		return file;
	try {
		const bitmap = await createImageBitmap(file);
		const scale = Math.min(1, LONG_EDGE / Math.max(bitmap.width, bitmap.height));
		const canvas = document.createElement("canvas");

		canvas.width = Math.round(bitmap.width * scale);
		canvas.height = Math.round(bitmap.height * scale);
		canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
		const small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.88));

		return small && small.size < file.size ?
		    new File([small], file.name, { type: "image/jpeg" }) : file;
	} catch {
		return file;
	}
}
